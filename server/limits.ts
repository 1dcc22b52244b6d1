/** What clients may take of a server. Times in milliseconds. */
export interface Limits {
  /** Connections at once; further ones are closed unheard. */
  readonly connections: number
  /** Uploads and fetches at once; further ones are told to come back. */
  readonly uploads: number
  /** For a new connection to send its first head, and for each head to be whole. */
  readonly head: number
  /** For a whole request: an upload over a slow line takes its time. */
  readonly request: number
  /** That a connection is kept for another request; longer than the 60 s for which nginx keeps its own. */
  readonly keepAlive: number
  /** Without a byte either way while it is the client's turn. */
  readonly idle: number
  /** Bytes that a body brings in each `idle` at least: a kilobyte a second. */
  readonly leastBody: number
  /** That who asks for a page of the live index waits for the upstream; longer than pip waits, 15 s, is in vain. */
  readonly upstream: number
}

export const defaultLimits: Limits = {
  connections: 5000,
  uploads: 50,
  head: 30_000,
  request: 60 * 60_000,
  keepAlive: 65_000,
  idle: 60_000,
  leastBody: 60_000,
  upstream: 10_000,
}
