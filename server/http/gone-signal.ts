import type { ServerResponse } from 'node:http'

/** Aborted when the client goes away before its answer is whole: what is done for it alone need not go on. */
export function goneSignal(res: ServerResponse): AbortSignal {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new Error('the client has gone'))
  })
  return gone.signal
}
