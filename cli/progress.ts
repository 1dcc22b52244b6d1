import { printBytes, type Io, type Output } from './io.ts'

/** Shows how far long work is: a bar on a terminal; elsewhere only the lines that are printed. */
export interface Progress {
  readonly start: (totalBytes: number) => void
  readonly add: (bytes: number) => void
  /** A line that stays, on stdout, above the bar. */
  readonly line: (text: string) => void
  /** The same on stderr. */
  readonly complain: (text: string) => void
  /** Takes the bar away. */
  readonly stop: () => void
}

const clearLine = '\r\x1b[2K'
/** Milliseconds between two drawings. */
const drawEvery = 100

export function progress({ stdout, stderr }: Io): Progress {
  let total: number | undefined
  let done = 0
  let drawnAt = 0
  const visible = stderr.isTTY === true
  const draw = () => {
    drawnAt = Date.now()
    if (total !== undefined && visible) stderr.write(`${clearLine}${bar(done, Math.max(done, total), stderr.columns)}`)
  }
  const print = (out: Output, text: string) => {
    if (total !== undefined && visible) stderr.write(clearLine)
    out.write(`${text}\n`)
    draw()
  }
  return {
    start(totalBytes) {
      total = totalBytes
      draw()
    },
    add(bytes) {
      done += bytes
      if (Date.now() - drawnAt >= drawEvery) draw()
    },
    line: (text) => print(stdout, text),
    complain: (text) => print(stderr, text),
    stop() {
      if (total !== undefined && visible) stderr.write(clearLine)
      total = undefined
    },
  }
}

/** Never as wide as the terminal: a bar that wraps cannot be cleared. */
function bar(done: number, total: number, columns = 80): string {
  const share = total === 0 ? 1 : done / total
  const width = Math.max(0, Math.min(30, columns - 45))
  const full = Math.round(share * width)
  const text = `  ${'━'.repeat(full)}${'─'.repeat(width - full)} ${Math.floor(share * 100)}%  ${printBytes(done)} of ${printBytes(total)}`
  return text.slice(0, columns - 1)
}
