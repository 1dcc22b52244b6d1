import type { ErrorCode } from './errors.ts'
import type { Notice } from './pins/pin.ts'

/** What is told while files come; the last one is `done`. Sizes in bytes. */
export type FetchEvent =
  | { readonly event: 'notice'; readonly notice: Notice }
  /** `bytes`: what is to be fetched, as far as the upstream states sizes. */
  | {
      readonly event: 'plan'
      readonly index: string
      readonly files: number
      readonly bytes: number
      readonly held: number
    }
  | { readonly event: 'progress'; readonly bytes: number }
  | { readonly event: 'fetched'; readonly filename: string; readonly size: number }
  | { readonly event: 'failed'; readonly subject: string; readonly code: ErrorCode; readonly message: string }
  | {
      readonly event: 'done'
      readonly fetched: number
      readonly held: number
      readonly failed: number
      readonly bytes: number
    }
