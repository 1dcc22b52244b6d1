import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'

export type LogForm = 'text' | 'json' | 'none'

export interface RequestLog {
  /** Notes a request, to be written when its answer has gone out or its client has. */
  watch(req: IncomingMessage, res: ServerResponse, client: string): void
  /** Writes what is held back. */
  flush(): void
}

/** How long lines are held to be written together, in milliseconds: a write a line would cost more than the page. */
const holdFor = 100

/** One line a request: when, who, what, status, bytes, milliseconds, client. */
export function requestLog(form: LogForm, out: { write(text: string): unknown }): RequestLog {
  if (form === 'none') return { watch: () => {}, flush: () => {} }
  let held: string[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (held.length > 0) out.write(held.join(''))
    held = []
  }
  const print = form === 'json' ? jsonLine : textLine
  return {
    flush,
    watch(req, res, client) {
      const started = performance.now()
      // Express shortens `req.url` as it goes down its routers.
      const { url = '-' } = req
      res.once('close', () => {
        held.push(print({ client: client || '-', ...entryOf(req, res, url, performance.now() - started) }))
        timer ??= setTimeout(flush, holdFor)
      })
    },
  }
}

interface Entry {
  readonly at: string
  readonly client: string
  readonly method: string
  readonly url: string
  /** 0 if the client went away before any answer. */
  readonly status: number
  readonly bytes: string
  readonly milliseconds: number
  readonly agent: string
}

function entryOf(req: IncomingMessage, res: ServerResponse, url: string, milliseconds: number): Omit<Entry, 'client'> {
  return {
    at: new Date().toISOString(),
    method: req.method ?? '-',
    url,
    status: res.headersSent ? res.statusCode : 0,
    bytes: String(res.getHeader('content-length') ?? '-'),
    milliseconds: Math.round(milliseconds * 10) / 10,
    agent: req.headers['user-agent'] ?? '-',
  }
}

function jsonLine(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}

function textLine({ at, client, method, url, status, milliseconds, agent }: Entry): string {
  return printable(`${at} ${client} ${method} ${url} ${status || 'gone'} ${milliseconds}ms "${agent.slice(0, 40)}"`)
}

/** A request must not be able to write lines, or escape codes, of its own into the log. */
function printable(line: string): string {
  return `${line.replaceAll(/[^\x20-\x7e]/g, '?')}\n`
}
