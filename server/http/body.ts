import type { Request } from 'express'
import type { z } from 'zod'
import { RegistryError } from '../../pool/errors.ts'

/** A request's JSON body as its schema has it. Throws `request-invalid`, which names each field that is wrong. */
export function parseBody<S extends z.ZodType>(schema: S, { body }: Request): z.output<S> {
  return parse(schema, body, 'body')
}

/** The same of what stands after `?`. */
export function parseQuery<S extends z.ZodType>(schema: S, { query }: Request): z.output<S> {
  return parse(schema, query, 'query')
}

function parse<S extends z.ZodType>(schema: S, value: unknown, whole: string): z.output<S> {
  const { success, data, error } = schema.safeParse(value)
  if (success) {
    refuseHalfPairs(data, whole)
    return data
  }
  const problems = error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ message: `${path.join('.') || whole}: ${message.slice(0, 300)}` }))
  const [only] = problems
  const detail = only && problems.length === 1 ? only.message : `${problems.length} problems`
  throw new RegistryError('request-invalid', { problems }, { detail })
}

/**
 * Half of a surrogate pair is stored as another character: no digest, and no event, would hold of what has one. Source:
 * RFC 7493 (I-JSON), 2.1. Throws `request-invalid`.
 */
function refuseHalfPairs(data: unknown, whole: string): void {
  const left = [data]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
      const message = `${whole}: it has half of a surrogate pair, which is no text`
      throw new RegistryError('request-invalid', { problems: [{ message }] }, { detail: message })
    }
    if (typeof value !== 'object' || value === null) continue
    for (const [key, member] of Object.entries(value)) left.push(key, member)
  }
}
