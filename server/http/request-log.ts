import type { IncomingMessage } from 'node:http'

export type LogForm = 'text' | 'json' | 'none'

export interface RequestLog {
  /** Whether anything comes of what is noted. */
  readonly isKept: boolean
  /** Takes a line, which is written before long. */
  note(req: IncomingMessage, ended: Ended): void
  /** Writes what is held back. */
  flush(): void
}

/** A request whose answer has gone out, or whose client has. */
export interface Ended {
  readonly id: string
  /** The address of the one who asked; `''` if it was not to be had. */
  readonly client: string
  /** As it came. */
  readonly url: string
  /** 0 if the client went away before any answer. */
  readonly status: number
  readonly milliseconds: number
  /** Sent over the connection meanwhile, the head of the answer among it. */
  readonly bytes: number
}

/** How long lines are held to be written together, in milliseconds: a write a line would cost more than the page. */
const holdFor = 100

/** One line a request: when, who, what, status, bytes, milliseconds, id, client. */
export function requestLog(form: LogForm, out: { write(text: string): unknown }): RequestLog {
  if (form === 'none') return { isKept: false, note: () => {}, flush: () => {} }
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
    isKept: true,
    note(req, ended) {
      held.push(print(entryOf(req, ended)))
      timer ??= setTimeout(flush, holdFor)
    },
  }
}

interface Entry extends Ended {
  readonly at: string
  readonly method: string
  readonly agent: string
}

function entryOf(req: IncomingMessage, { id, client, url, status, bytes, milliseconds }: Ended): Entry {
  return {
    at: new Date().toISOString(),
    client: client || '-',
    method: req.method ?? '-',
    url,
    status,
    bytes,
    milliseconds: Math.round(milliseconds * 10) / 10,
    id,
    agent: req.headers['user-agent'] ?? '-',
  }
}

function jsonLine(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}

function textLine({ at, client, method, url, status, milliseconds, id, agent }: Entry): string {
  return printable(
    `${at} ${client} ${method} ${url} ${status || 'gone'} ${milliseconds}ms ${id} "${agent.slice(0, 40)}"`,
  )
}

/** A request must not be able to write lines, or escape codes, of its own into the log. */
function printable(line: string): string {
  return `${line.replaceAll(/[^\x20-\x7e]/g, '?')}\n`
}
