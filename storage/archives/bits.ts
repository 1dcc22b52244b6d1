import { refusal } from './refuse.ts'

/** The next bytes of the file, or nothing at its end. */
export type NextBytes = () => Uint8Array | undefined

/** Reads bits, the highest of each byte first. Throws `archive-invalid` (`truncated`) at the end of the bytes. */
export class Bits {
  readonly #next: NextBytes
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #held = 0
  #count = 0

  constructor(next: NextBytes) {
    this.#next = next
  }

  /** At most 24 bits. */
  read(count: number): number {
    while (this.#count < count) {
      if (this.#at === this.#bytes.length && !this.#refill())
        throw refusal('truncated', 'the compressed data ends too early, the file is incomplete')
      this.#held = (this.#held << 8) | (this.#bytes[this.#at++] ?? 0)
      this.#count += 8
    }
    this.#count -= count
    const bits = (this.#held >>> this.#count) & ((1 << count) - 1)
    this.#held &= (1 << this.#count) - 1
    return bits
  }

  read32(): number {
    return this.read(16) * 0x10000 + this.read(16)
  }

  /** Drops what is left of a byte. */
  align(): void {
    this.read(this.#count % 8)
  }

  /** Whether no byte is left; meant for after `align`. */
  atEnd(): boolean {
    return this.#count === 0 && this.#at === this.#bytes.length && !this.#refill()
  }

  #refill(): boolean {
    this.#bytes = this.#next() ?? new Uint8Array(0)
    this.#at = 0
    return this.#bytes.length > 0
  }
}
