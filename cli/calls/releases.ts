import type { Manifest, ManifestSource } from '../../pool/manifest.ts'
import type { Notice, Source } from '../../pool/pins/pin.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import type { Policy } from '../../pool/policy/policy.ts'
import type { Signature } from '../../pool/proof/envelope.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import type { Waiver } from '../../pool/waivers.ts'
import type { Connection } from '../connection.ts'

/** The shapes are those of `server/routes/releases.ts`. */
export interface FreezeBody extends ReadOptions {
  readonly sources: readonly Source[]
  readonly targets: readonly string[]
  readonly base?: string
  readonly without?: readonly string[]
  readonly changelog?: Source
  readonly source?: ManifestSource
  readonly policy?: Policy
  readonly waivers?: readonly Waiver[]
  readonly dryRun: boolean
}

export interface FreezeAnswer {
  readonly release: string
  readonly outcome: 'frozen' | 'same' | 'checked'
  readonly digest: string
  readonly path: string
  readonly notices: readonly Notice[]
  readonly signatures: readonly Signature[]
  readonly manifest: Manifest
}

export function releasePath({ product, release }: ReleaseName): string {
  return `/api/v1/releases/${encodeURIComponent(product)}/${encodeURIComponent(release)}`
}

/** `PUT /api/v1/releases/PRODUCT/RELEASE`. */
export function freezeRelease(connection: Connection, name: ReleaseName, body: FreezeBody): Promise<FreezeAnswer> {
  return connection.json('PUT', releasePath(name), body)
}
