import type { Iso } from '../../pool/distribution.ts'

/** How much there is, whoever may see it. */
export interface Totals {
  readonly files: number
  /** Of all files. */
  readonly bytes: number
  readonly projects: number
  readonly releases: number
  /** The end of the log; `at` is `null` while it is empty. */
  readonly lastEvent: { readonly sequence: number; readonly at: Iso | null }
}

export interface TotalRecords {
  /** For those who watch: asked every few seconds, it costs no look at every file. */
  totals(): Promise<Totals>
}
