/** Takes exact numbers of bytes out of pieces of any size; keeps one piece in memory. */
export class PieceReader {
  readonly #pieces: AsyncIterator<Buffer>
  #piece: Buffer = Buffer.alloc(0)

  constructor(pieces: AsyncIterator<Buffer>) {
    this.#pieces = pieces
  }

  /** The next `length` bytes; fewer only at the end. Keep `length` small: it is all held in memory. */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let missing = length
    while (missing > 0 && (this.#piece.length > 0 || (await this.#refill()))) {
      const part = this.#piece.subarray(0, missing)
      this.#piece = this.#piece.subarray(part.length)
      parts.push(part)
      missing -= part.length
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  }

  /** Passes over `length` bytes; answers how many there were. */
  async skip(length: number): Promise<number> {
    let missing = length
    while (missing > 0 && (this.#piece.length > 0 || (await this.#refill()))) {
      const passed = Math.min(missing, this.#piece.length)
      this.#piece = this.#piece.subarray(passed)
      missing -= passed
    }
    return length - missing
  }

  /** The rest of the current piece or the next one; nothing at the end. */
  async rest(): Promise<Buffer | undefined> {
    if (this.#piece.length === 0 && !(await this.#refill())) return undefined
    const piece = this.#piece
    this.#piece = Buffer.alloc(0)
    return piece
  }

  async #refill(): Promise<boolean> {
    const { done, value } = await this.#pieces.next()
    if (done === true) return false
    this.#piece = value
    return true
  }
}
