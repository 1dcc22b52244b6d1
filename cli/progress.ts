import { printBytes, type Io, type Output } from './io.ts'

/** Shows how far long work is: a bar on a terminal; elsewhere only the lines that are printed. */
export interface Progress {
  readonly start: (total: number) => void
  readonly add: (amount: number) => void
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

/** `print` says how much is done: bytes, unless it is said otherwise. */
export function progress({ stdout, stderr }: Io, print: (amount: number) => string = printBytes): Progress {
  let total: number | undefined
  let done = 0
  let drawnAt = 0
  const visible = stderr.isTTY === true
  const draw = () => {
    drawnAt = Date.now()
    if (total !== undefined && total > 0 && visible)
      stderr.write(`${clearLine}${bar(done, Math.max(done, total), { print, columns: stderr.columns })}`)
  }
  const write = (out: Output, text: string) => {
    if (total !== undefined && visible) stderr.write(clearLine)
    out.write(`${text}\n`)
    draw()
  }
  return {
    start(wanted) {
      total = wanted
      draw()
    },
    add(amount) {
      done += amount
      if (Date.now() - drawnAt >= drawEvery) draw()
    },
    line: (text) => write(stdout, text),
    complain: (text) => write(stderr, text),
    stop() {
      if (total !== undefined && visible) stderr.write(clearLine)
      total = undefined
    },
  }
}

interface BarOptions {
  readonly print: (amount: number) => string
  readonly columns: number | undefined
}

/** Never as wide as the terminal: a bar that wraps cannot be cleared. */
function bar(done: number, total: number, { print, columns }: BarOptions): string {
  // Terminals that do not know their size say 0.
  const room = columns || 80
  const share = done / total
  const width = Math.max(0, Math.min(30, room - 45))
  const full = Math.round(share * width)
  const text = `  ${'━'.repeat(full)}${'─'.repeat(width - full)} ${Math.floor(share * 100)}%  ${print(done)} of ${print(total)}`
  return text.slice(0, room - 1)
}
