import type { ImportAnswer } from '../calls/import.ts'
import type { Uploading } from '../uploading.ts'

/** What every kind of import works with. */
export interface Importing extends Uploading {
  /** Say what would be done, and do nothing. */
  readonly dryRun: boolean
}

/** A release that was taken as it is. */
export interface TakenRelease extends ImportAnswer {
  readonly from: string
  /** Files that the pool did not have. */
  readonly added: number
  readonly files: number
}

/** A manifest before anybody has looked at it: longer is none that a server takes. */
export const longestManifest = 16 * 1024 * 1024

/** Attestations of a file: longer are none that a server takes. */
export const longestProvenance = 4 * 1024 * 1024
