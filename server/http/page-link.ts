import { z } from 'zod'
import { RegistryError } from '../../pool/errors.ts'

/** What every list takes: how many at most, and where the page before ended. */
export const pageFields = {
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'is a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(1000))
    .default(100),
  /** From the `next` link of the page before; what is in it is the server's own business. */
  after: z.string().max(1000).optional(),
}

/** The position after which a page begins, as its `next` link had it. Throws `request-invalid`. */
export function readPosition<S extends z.ZodType>(schema: S, after: string | undefined): z.output<S> | undefined {
  if (after === undefined) return undefined
  const { success, data } = schema.safeParse(parseJson(Buffer.from(after, 'base64url').toString()))
  if (success) return data
  throw new RegistryError(
    'request-invalid',
    { after: after.slice(0, 100) },
    { detail: 'after: it is not from a next link of this list', hint: 'follow the links, or begin without after' },
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A page of what was found: one more than `limit` was asked for, to know whether another page follows. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** The last of this page, if more follow. */
  readonly last: Item | undefined
}

export function cutPage<Item>(found: readonly Item[], limit: number): Page<Item> {
  const items = found.slice(0, limit)
  return { items, last: found.length > limit ? items.at(-1) : undefined }
}

/**
 * The link to the page after `position`; `null` if this was the last. Relative to the list's own URL, so that it holds
 * under any host and prefix.
 */
export function nextLink(
  query: Readonly<Record<string, string | number | undefined>>,
  position: unknown,
): string | null {
  if (position === undefined) return null
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) fields.set(name, String(value))
  fields.set('after', Buffer.from(JSON.stringify(position)).toString('base64url'))
  return `?${fields.toString()}`
}
