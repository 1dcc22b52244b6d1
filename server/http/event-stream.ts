import type { Response } from 'express'
import { goneSignal } from './gone-signal.ts'

export interface EventStream {
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
  readonly send: (event: object) => void
  readonly end: () => void
}

/**
 * Tells of long work as it goes: one JSON object a line (NDJSON). The status line goes out with the first event, so
 * what fails before it is still an ordinary problem answer.
 */
export function eventStream(res: Response): EventStream {
  const begin = () => {
    if (res.headersSent) return
    res.writeHead(200, {
      'Content-Type': 'application/x-ndjson',
      'Cache-Control': 'no-store',
      // nginx would hold events back until it has 4 kB of them.
      'X-Accel-Buffering': 'no',
    })
  }
  return {
    signal: goneSignal(res),
    send(event) {
      begin()
      res.write(`${JSON.stringify(event)}\n`)
    },
    end() {
      begin()
      res.end()
    },
  }
}
