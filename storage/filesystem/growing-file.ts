import { open, type FileHandle } from 'node:fs/promises'

/** A file that others read while it is being written. What each of them reads, and how fast, holds up nobody. */
export interface GrowingFile {
  /** It is there, empty. What is read goes on being there when its name has gone. */
  begun(path: string): Promise<void>
  grown(bytes: number): void
  /** It is whole, and what it should be; or, with an error, it never will be. */
  ended(error?: unknown): void
  /**
   * Its bytes as they come. The last are held back until it has ended well: whatever is wrong with it, nobody has read it
   * whole. Throws what it ended with.
   */
  read(): AsyncGenerator<Buffer, void>
}

/** What is read at once, and what is held back, in bytes. */
const piece = 64 * 1024

interface Growth {
  handle: FileHandle | undefined
  written: number
  readers: number
  end: { readonly error?: unknown } | undefined
  waiting: (() => void)[]
}

export function growingFile(): GrowingFile {
  const growth: Growth = { handle: undefined, written: 0, readers: 0, end: undefined, waiting: [] }
  return {
    async begun(path) {
      growth.handle = await open(path)
    },
    grown(bytes) {
      growth.written += bytes
      wake(growth)
    },
    ended(error) {
      growth.end = { error }
      wake(growth)
      void closeIfUnused(growth)
    },
    async *read() {
      growth.readers++
      try {
        yield* readAll(growth)
      } finally {
        growth.readers--
        await closeIfUnused(growth)
      }
    },
  }
}

async function* readAll(growth: Growth): AsyncGenerator<Buffer, void> {
  for (let at = 0; ;) {
    if (growth.end?.error !== undefined) throw growth.end.error
    const readable = growth.end ? growth.written : growth.written - piece
    if (at < readable) {
      const bytes = await readPiece(growth, at, readable)
      at += bytes.length
      yield bytes
    } else if (growth.end) return
    else await new Promise<void>((resolve) => growth.waiting.push(resolve))
  }
}

async function readPiece({ handle }: Growth, at: number, readable: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(piece, readable - at))
  const read = await handle?.read(buffer, 0, buffer.length, at)
  if (!read || read.bytesRead === 0) throw new TypeError('a staged file has become shorter')
  return buffer.subarray(0, read.bytesRead)
}

function wake({ waiting }: Growth): void {
  for (const go of waiting.splice(0)) go()
}

async function closeIfUnused(growth: Growth): Promise<void> {
  const { handle, end, readers } = growth
  if (!handle || end === undefined || readers > 0) return
  growth.handle = undefined
  // It was only read: nothing is lost by how it closes.
  await handle.close().catch(() => {})
}
