import { count } from './io.ts'
import type { Manifest, ManifestOverride } from '../pool/manifest.ts'
import { printReleaseName } from '../pool/release-name.ts'

/** The base of a release, with a line for each pin of it that the release has otherwise. */
export function describeBase({ base, overrides, changes, source }: Manifest): readonly string[] {
  const from = base ? printReleaseName(base) : ''
  return [
    ...(base ? [`  base     ${from} sha256:${base.digest.slice(0, 12)}`] : []),
    ...overrides.map((override) => `  overrides  ${describeOverride(override, from)}`),
    ...(source
      ? [`  source   ${[source.tag, source.revision, source.url].filter((part) => part !== null).join(' ')}`]
      : []),
    ...(changes === null ? [] : [`  changes  ${count(changes.split('\n').length, 'line')} of the changelog`]),
  ]
}

function describeOverride({ name, from, to }: ManifestOverride, base: string): string {
  return to === null ? `${name} left out, ${from} in ${base}` : `${name} ${to} instead of ${from} (${base})`
}
