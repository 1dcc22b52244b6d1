import type { z } from 'zod'

/**
 * One table of `firn.toml`. A new one is a file in `sections/` and a line in `sections.ts`; everything else (reading,
 * errors, `config check`, `config example`) goes by what is said here.
 */
export interface Section {
  /** `''` for what stands before the first table. */
  readonly name: string
  /** A strict object: a key that is not in it is an error. */
  readonly schema: z.ZodObject
  /** Which commands take it. `'*'`, or the name of a group: each, of that group, that has an option of that name. */
  readonly commands: readonly string[] | '*'
  /**
   * What its values are as options of these commands, by the option's name in code. `path` makes a path of the file
   * one of the current directory.
   */
  readonly options: (
    values: Readonly<Record<string, unknown>>,
    path: (text: string) => string,
  ) => Record<string, unknown>
  /** All its keys as TOML, each with a comment; printed by `firn config example`. */
  readonly example: string
}

/** Options that are named in the file as on the command line: `max-upload` is `maxUpload`. */
export function asOptions(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}
