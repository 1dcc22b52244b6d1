import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse, TomlDate, TomlError } from 'smol-toml'
import { z } from 'zod'
import { RegistryError } from '../../pool/errors.ts'
import type { Problem } from '../../pool/pins/pin.ts'
import { reasonOf } from '../io.ts'
import { fromHere, type FoundConfig } from './find-config.ts'
import { byLine, problemsOf } from './schema-problems.ts'
import type { Section } from './section.ts'
import { sections } from './sections.ts'

/** What a `firn.toml` says; read once for each run of a command. */
export interface Config extends FoundConfig {
  /** What each section that the file has sets, as options of its commands. */
  readonly set: readonly { readonly section: Section; readonly options: Readonly<Record<string, unknown>> }[]
}

const top = sections.find(({ name }) => name === '')
const schema = z.strictObject({
  ...top?.schema.shape,
  ...Object.fromEntries(sections.filter(({ name }) => name !== '').map((each) => [each.name, each.schema.optional()])),
})

/** Reads a `firn.toml`. Throws `config-invalid`, with every problem in it and its line. */
export async function readConfig(found: FoundConfig): Promise<Config> {
  const shown = fromHere(found.path)
  const text = await readText(found.path, shown)
  const raw = parseToml(text, shown)
  const { success, error } = schema.safeParse(raw)
  if (!success)
    throw refuse(
      shown,
      error.issues.flatMap((issue) => problemsOf(issue, { schema, text, raw, source: shown })).toSorted(byLine),
    )
  const path = (each: string) => (/^https?:/.test(each) ? each : fromHere(resolve(dirname(found.path), each)))
  return {
    ...found,
    set: sections.flatMap((section) => {
      const values = valuesOf(section, raw)
      return Object.keys(values).length === 0 ? [] : { section, options: defined(section.options(values, path)) }
    }),
  }
}

type Table = Readonly<Record<string, unknown>>

function valuesOf({ name, schema }: Section, raw: Table): Table {
  if (name !== '') return (raw[name] as Table | undefined) ?? {}
  return Object.fromEntries(Object.entries(raw).filter(([key]) => Object.hasOwn(schema.shape, key)))
}

function defined(options: Readonly<Record<string, unknown>>): Table {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (cause) {
    const reason = cause instanceof TypeError ? 'it is no UTF-8 text' : reasonOf(cause)
    const hint = 'firn config example prints one'
    throw new RegistryError('config-invalid', { path: shown }, { detail: `${shown}: ${reason}`, hint, cause })
  }
}

function parseToml(text: string, shown: string): Table {
  try {
    return plain(parse(text)) as Table
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const [first = ''] = cause.message.split('\n')
    const message = `it is no TOML: ${first.replace(/^Invalid TOML document: /, '')}`
    throw refuse(shown, [{ place: { source: shown, line: cause.line }, message }])
  }
}

/** A date without quotes is taken as if it had them: `until = 2027-01-31`. */
function plain(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}

function refuse(path: string, problems: readonly Problem[]): RegistryError {
  const detail = `${path}: ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`
  return new RegistryError('config-invalid', { path, problems }, { detail })
}
