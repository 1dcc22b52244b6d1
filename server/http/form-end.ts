import type { Readable, Writable } from 'node:stream'
import { setImmediate as turn, setTimeout as later } from 'node:timers/promises'

const pause = 20

/**
 * Gives a form to its parser, busboy, and sees to it that every file in it ends. One that begins behind the form's own
 * end, in the same piece of the body, gets no bytes and no end from busboy 1.6.0, and no answer would ever be given.
 */
export function feed(req: Readable, parser: Writable): void {
  const files: Readable[] = []
  parser.on('file', (_name: string, file: Readable) => files.push(file))
  req.once('end', () => void Promise.all(files.map((file) => endOf(file, parser))))
  req.pipe(parser)
}

async function endOf(file: Readable, parser: Writable): Promise<void> {
  while (isOpen(file)) {
    if (parser.writableLength === 0 && file.readableLength === 0) {
      // A file whose end is known says so when it is asked for more, by `end`.
      file.read(0)
      await turn()
      if (isOpen(file)) file.destroy(new Error('Unexpected end of form'))
    } else await later(pause)
  }
}

function isOpen(file: Readable): boolean {
  return !file.readableEnded && !file.destroyed
}
