/** A key of TOML, with the place of a table in a list of them: `['policy', 'waivers', 1, 'until']`. */
export type KeyPath = readonly (string | number)[]

/**
 * The line, from 1, that a key stands in; that of its table if it is not seen there itself; `undefined` if that is not
 * seen either. Keys are looked for as people write them: what is inside a value, or in an odd spelling, is not found.
 */
export function lineOfKey(text: string, path: KeyPath): number | undefined {
  const lines = keyLines(text)
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(JSON.stringify(path.slice(0, length)))
    if (line !== undefined) return line
  }
  return undefined
}

/** The first line of each key and table, by its path as JSON. */
function keyLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  const tables = new Map<string, number>()
  let table: KeyPath = []
  for (const [index, line] of text.split('\n').entries()) {
    const [, open, header] = /^\s*(\[\[?)\s*([^[\]]+?)\s*\]/.exec(line) ?? []
    const key = header === undefined ? /^\s*([\w."'-]+)\s*=/.exec(line)?.[1] : undefined
    if (header !== undefined) table = open === '[[' ? nextOf(tables, parts(header)) : parts(header)
    const path = key === undefined ? table : [...table, ...parts(key)]
    const name = JSON.stringify(path)
    if ((header !== undefined || key !== undefined) && !found.has(name)) found.set(name, index + 1)
  }
  return found
}

function nextOf(tables: Map<string, number>, path: readonly string[]): KeyPath {
  const name = path.join('.')
  const number = tables.get(name) ?? 0
  tables.set(name, number + 1)
  return [...path, number]
}

function parts(key: string): readonly string[] {
  return key.split('.').map((part) => part.trim().replaceAll(/^["']|["']$/g, ''))
}
