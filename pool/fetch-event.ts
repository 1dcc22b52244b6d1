import type { ErrorCode } from './errors.ts'
import type { Notice } from './pins/pin.ts'
import type { ProjectName } from './project-name.ts'

export interface FetchFailed {
  readonly event: 'failed'
  readonly subject: string
  readonly code: ErrorCode
  readonly message: string
  /** What no upstream has: its version, or what is asked of it. */
  readonly lacking?: Lacking
}

export type Lacking =
  | { readonly project: ProjectName; readonly version: string }
  | { readonly project: ProjectName; readonly specifier: string }

/** What is told while files come; the last one is `done`. Sizes in bytes. */
export type FetchEvent =
  | { readonly event: 'notice'; readonly notice: Notice }
  /** What was taken for a requirement that is not exact. */
  | {
      readonly event: 'chosen'
      readonly requirement: string
      readonly name: string
      readonly version: string
      readonly index: string
    }
  /** `bytes`: what is to be fetched, as far as the upstream states sizes. */
  | {
      readonly event: 'plan'
      /** In the order in which they are asked, pages of links last. */
      readonly indexes: readonly string[]
      readonly files: number
      readonly bytes: number
      readonly held: number
    }
  | { readonly event: 'progress'; readonly bytes: number }
  | { readonly event: 'fetched'; readonly filename: string; readonly size: number }
  /** Told by the command: a file of a local directory, for what no upstream has. */
  | { readonly event: 'uploaded'; readonly filename: string; readonly size: number; readonly path: string }
  | FetchFailed
  | {
      readonly event: 'done'
      readonly fetched: number
      readonly held: number
      readonly failed: number
      readonly bytes: number
    }
