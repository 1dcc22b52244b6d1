import { z } from 'zod'
import type { Problem } from '../../pool/pins/pin.ts'
import { lineOfKey, type KeyPath } from './key-lines.ts'
import { nearest } from './nearest.ts'

/** The file that a schema does not hold for. */
export interface Refused {
  readonly schema: z.core.$ZodType
  readonly text: string
  readonly raw: unknown
  /** As it is named in messages. */
  readonly source: string
}

/** What a schema has against a file, with the line, and with what may stand there instead. */
export function problemsOf(issue: z.core.$ZodIssue, { schema, text, raw, source }: Refused): readonly Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  const at = (key: KeyPath) => {
    const line = lineOfKey(text, key)
    return line === undefined ? {} : { place: { source, line } }
  }
  if (issue.code !== 'unrecognized_keys') {
    const said = valueAt(raw, path) === undefined ? 'is missing' : wants(issue)
    return [{ ...at(path), message: `${printKey(path)} ${said}` }]
  }
  const known = keysAt(schema, path)
  return issue.keys.map((key) => ({
    ...at([...path, key]),
    message: `unknown key ${printKey([...path, key])}`,
    hint: hintFor(key, path, known),
  }))
}

export function byLine(a: Problem, b: Problem): number {
  return (a.place?.line ?? 0) - (b.place?.line ?? 0)
}

function hintFor(key: string, path: KeyPath, known: readonly string[]): string {
  const near = nearest(key, known)
  const table = path.length === 0 ? 'the file' : `[${path.filter((part) => typeof part === 'string').join('.')}]`
  return `${near === undefined ? '' : `did you mean ${near}? `}${table} may have: ${known.join(', ')}`
}

/** The kinds of values say what they want to be; zod's own words are left where a table is wanted. */
function wants({ code, message }: z.core.$ZodIssue): string {
  return code === 'invalid_type' && message.startsWith('Invalid input') ? 'must be a table' : message
}

/** `policy.waivers #2.until` */
function printKey(path: KeyPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? ` #${part + 1}` : `${index > 0 ? '.' : ''}${part}`))
    .join('')
}

function valueAt(value: unknown, path: KeyPath): unknown {
  const [first, ...rest] = path
  if (first === undefined || typeof value !== 'object' || value === null) return value
  return valueAt((value as Record<string | number, unknown>)[first], rest)
}

/** The keys that a table may have. */
function keysAt(schema: z.core.$ZodType, path: KeyPath): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path)
  const [first, ...rest] = path
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest)
  if (!(schema instanceof z.ZodObject)) return []
  const inner = typeof first === 'string' ? (schema.shape[first] as z.core.$ZodType | undefined) : undefined
  return inner ? keysAt(inner, rest) : Object.keys(schema.shape).toSorted()
}
