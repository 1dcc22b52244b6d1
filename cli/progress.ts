import { SingleBar } from 'cli-progress'
import { printBytes, type Io } from './io.ts'

/** Shows how far long work is: a bar on a terminal; elsewhere only the lines that are printed. */
export interface Progress {
  start(totalBytes: number): void
  add(bytes: number): void
  /** A line that stays, above the bar. */
  line(text: string): void
  stop(): void
}

export function progress(io: Io): Progress {
  const print = (text: string) => io.stdout.write(`${text}\n`)
  if (io.stderr.isTTY !== true) return { start: () => {}, add: () => {}, line: print, stop: () => {} }
  let bar: SingleBar | undefined
  return {
    start(totalBytes) {
      bar = new SingleBar({
        stream: io.stderr as NodeJS.WriteStream,
        format: '  {bar} {percentage}%  {done} of {all}',
        barsize: 30,
        hideCursor: true,
        clearOnComplete: true,
        fps: 5,
      })
      bar.start(totalBytes, 0, { done: printBytes(0), all: printBytes(totalBytes) })
    },
    add(bytes) {
      if (!bar) return
      const done = valueOf(bar) + bytes
      bar.setTotal(Math.max(done, bar.getTotal()))
      bar.update(done, { done: printBytes(done), all: printBytes(Math.max(done, bar.getTotal())) })
    },
    line(text) {
      // Over the bar: to the start of its line, which is cleared; the next update draws it again below.
      if (bar) io.stderr.write('\r\x1b[2K')
      print(text)
    },
    stop: () => bar?.stop(),
  }
}

/** cli-progress keeps the value to itself in its types. */
function valueOf(bar: SingleBar): number {
  return (bar as unknown as { value: number }).value
}
