import type { Manifest, ManifestWaiver } from '../pool/manifest.ts'
import { count } from './io.ts'

const shown = 5

/** The lines of a freeze's summary that tell of what was let pass, and of what nobody knows. */
export function describeJudged({ waivers, unknown }: Pick<Manifest, 'waivers' | 'unknown'>): readonly string[] {
  return [
    ...waivers.map((waiver, index) => `  ${index === 0 ? 'waived ' : '       '}  ${describeWaiver(waiver)}`),
    ...(unknown.length === 0 ? [] : [`  unknown  ${describeUnknown(unknown)}`]),
  ]
}

function describeWaiver({ rule, project, reason, until, waived }: ManifestWaiver): string {
  const end = until === null ? '' : ` until ${until}`
  return `${rule} ${project}${end}: ${reason} (${count(waived.length, 'finding')})`
}

function describeUnknown(unknown: readonly string[]): string {
  const some = unknown.slice(0, shown).join(', ')
  const more = unknown.length > shown ? ` and ${unknown.length - shown} more` : ''
  const verb = unknown.length === 1 ? 'states its' : 'state their'
  return `${count(unknown.length, 'file')} ${verb} dependencies only in code: ${some}${more}`
}
