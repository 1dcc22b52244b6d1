import { RegistryError } from './errors.ts'

/** A place in a text that is being read; what it takes it moves beyond. */
export class Scanner {
  readonly text: string
  #position = 0

  constructor(text: string) {
    this.text = text
  }

  get rest(): string {
    return this.text.slice(this.#position)
  }

  /** Takes what the sticky pattern matches here, if anything. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const taken = pattern.exec(this.text)?.[0]
    this.#position += taken?.length ?? 0
    return taken
  }

  /** `requirement-invalid`, saying what should have been here. */
  expected(what: string, hint?: string): RegistryError {
    const { rest } = this
    const found = rest === '' ? 'the text ends' : `found ${JSON.stringify(rest.slice(0, 40))}`
    return this.refused(`expected ${what}, but ${found}`, hint)
  }

  refused(detail: string, hint?: string): RegistryError {
    return new RegistryError('requirement-invalid', { text: this.text }, { detail, ...(hint && { hint }) })
  }
}
