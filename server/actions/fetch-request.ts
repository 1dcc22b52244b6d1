import type { FetchEvent } from '../../pool/fetch-event.ts'
import type { Source } from '../../pool/pins/pin.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import type { Cooldown } from '../../pool/policy/cooldown.ts'
import type { Choice } from '../../pool/upstream-file.ts'
import type { Deps } from '../deps.ts'
import type { FetchFileDeps } from './fetch-file.ts'
import type { OwnRequest } from './own-projects.ts'

export interface FetchRequest extends ReadOptions, Choice, OwnRequest {
  readonly sources: readonly Source[]
  /** The upstream indexes in the order in which they are asked; none: the server's own. */
  readonly indexes: readonly string[]
  /** Pages of links, asked for what no index has. */
  readonly findLinks: readonly string[]
  /** Requirements that are not exact are met by the best version of the first place that has one. */
  readonly best: boolean
  /** Files of which no hash is stated are taken as they come. */
  readonly allowUnhashed: boolean
  readonly cooldown: Cooldown
  readonly actor: string
  /** Under which the log has what firn did not foresee. */
  readonly requestId: string
  readonly signal: AbortSignal
}

/** `records` are all that there are; whoever asks is shown no more than what is `visible`. */
export type FetchDeps = FetchFileDeps & Pick<Deps, 'onError'> & { readonly visible: Deps['records'] }

/** How many pages, and how many files, one fetch asks upstreams for at a time. */
export const upstreamsAtOnce = 6

export type Report = (event: FetchEvent) => void
