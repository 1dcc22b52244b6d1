import { performance } from 'node:perf_hooks'
import type { ClientOf } from './client.ts'
import type { Handle } from './connections.ts'
import { requestId } from './request-id.ts'
import type { Traffic } from '../metrics/traffic.ts'
import type { RequestLog } from './request-log.ts'

interface Watch {
  readonly log: RequestLog
  readonly traffic: Traffic
  readonly clientOf: ClientOf
}

/** Notes each request when its answer has gone out or its client has. */
export function watchRequests({ log, traffic, clientOf }: Watch): Handle {
  return (req, res) => {
    const started = performance.now()
    // Express shortens `req.url` as it goes down its routers, and a closed connection no longer knows its peer.
    const { url = '-', socket } = req
    const [client, sentBefore] = log.isKept ? [clientOf(req).address, socket.bytesWritten] : ['', 0]
    traffic.begun()
    res.on('close', () => {
      const milliseconds = performance.now() - started
      const status = res.headersSent ? res.statusCode : 0
      traffic.ended({ url, method: req.method, status, seconds: milliseconds / 1000 })
      if (!log.isKept) return
      log.note(req, { id: requestId(req), client, url, status, milliseconds, bytes: socket.bytesWritten - sentBefore })
    })
  }
}
