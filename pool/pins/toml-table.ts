import { parse, TomlError } from 'smol-toml'
import type { Problem, Source } from './pin.ts'

/** What is read out of TOML or JSON; nothing is known of it before it is asked for. */
export type Table = Readonly<Record<string, unknown>>

/** Reads a TOML text; a problem says what is wrong and where. */
export function readToml({ name, text }: Source): { readonly table: Table } | { readonly problem: Problem } {
  try {
    return { table: parse(text, { integersAsBigInt: 'asNeeded', maxDepth: 50 }) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const reason = error.message.split('\n', 1)[0]?.replace('Invalid TOML document: ', '') ?? ''
    return { problem: { place: { source: name, line: error.line }, message: `it is no TOML: ${reason}` } }
  }
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function at(table: Table | undefined, key: string): unknown {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}

export function textAt(table: Table | undefined, key: string): string | undefined {
  const value = at(table, key)
  return typeof value === 'string' ? value : undefined
}

export function tableAt(table: Table | undefined, key: string): Table | undefined {
  const value = at(table, key)
  return isTable(value) ? value : undefined
}

export function tablesAt(table: Table | undefined, key: string): readonly Table[] {
  const value = at(table, key)
  return Array.isArray(value) ? value.filter(isTable) : []
}

/** `undefined` if there is no list. */
export function textsAt(table: Table | undefined, key: string): readonly string[] | undefined {
  const value = at(table, key)
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined
}

/** The lines on which `[[header]]` stands: the n-th of them begins the n-th table. */
export function headerLines(text: string, header: string): readonly number[] {
  return text.split(/\r\n|\n/).flatMap((line, index) => (line.startsWith(`[[${header}]]`) ? index + 1 : []))
}
