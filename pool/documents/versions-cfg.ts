import type { Sha256 } from '../distribution.ts'
import type { Manifest } from '../manifest.ts'
import { document } from './document.ts'

/** For `[buildout] extends =`. A marker has no place in it: on a target where it does not hold, nothing asks for it. */
export function versionsCfg(manifest: Manifest, digest: Sha256): string {
  const pins = manifest.pins.map(({ name, version }) => `${name} = ${version}`)
  return document(manifest, digest, ['[buildout]', 'versions = versions', '', '[versions]', ...pins])
}
