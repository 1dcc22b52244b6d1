import type { FileHandle } from 'node:fs/promises'
import { refusal } from './refuse.ts'

const WINDOW = 64 * 1024

/** Random reads of one open file through a window, so that a hundred thousand small records are not as many system calls. */
export class FileWindow {
  readonly size: number
  readonly #handle: FileHandle
  #window: Buffer = Buffer.alloc(0)
  #start = 0

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle
    this.size = size
  }

  /** Exactly these bytes; valid only until the next call. Throws `archive-invalid` (`truncated`) where the file is too short. */
  async bytes(offset: number, length: number): Promise<Buffer> {
    if (offset < 0 || offset + length > this.size)
      throw refusal('truncated', 'the zip file ends too early or points outside itself')
    const end = this.#start + this.#window.length
    if (offset < this.#start || offset + length > end) await this.#move(offset, length)
    return this.#window.subarray(offset - this.#start, offset - this.#start + length)
  }

  async #move(offset: number, length: number): Promise<void> {
    const window = Buffer.alloc(Math.min(Math.max(length, WINDOW), this.size - offset))
    for (let filled = 0; filled < window.length;) {
      const { bytesRead } = await this.#handle.read(window, filled, window.length - filled, offset + filled)
      if (bytesRead === 0) throw refusal('truncated', 'the file became shorter while it was read')
      filled += bytesRead
    }
    this.#window = window
    this.#start = offset
  }
}
