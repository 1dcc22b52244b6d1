import type { Sha256 } from '../distribution.ts'
import type { Manifest } from '../manifest.ts'
import { printReleaseName } from '../release-name.ts'

/** Lines under a heading that says which release they are of. */
export function document(manifest: Manifest, digest: Sha256, lines: readonly string[]): string {
  return [`# ${printReleaseName(manifest)}`, `# sha256:${digest}`, ...lines, ''].join('\n')
}
