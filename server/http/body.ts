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
  if (success) return data
  const problems = error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ message: `${path.join('.') || whole}: ${message.slice(0, 300)}` }))
  const [only] = problems
  const detail = only && problems.length === 1 ? only.message : `${problems.length} problems`
  throw new RegistryError('request-invalid', { problems }, { detail })
}
