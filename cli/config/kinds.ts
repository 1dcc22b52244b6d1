import { z } from 'zod'
import { parseDuration } from '../../pool/policy/duration.ts'

/** The kinds of values that sections are made of. Each says in its error what it wants to be. */

export const text = z.string({ error: 'must be a text in quotes' }).min(1, { error: 'must not be empty' })

export const url = text.refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
  error: 'must be an http or https URL',
})

export const texts = z.array(text, { error: 'must be a list of texts, as ["one", "two"]' })

export const urls = z.array(url, { error: 'must be a list of URLs, as ["https://index.example/simple/"]' })

export const flag = z.boolean({ error: 'must be true or false' })

export const duration = text.refine((value) => parseDuration(value) !== undefined, {
  error: 'must be a time, as "36h", "7d" or "2w"',
})

export function number(least: number, most = Number.MAX_SAFE_INTEGER): z.ZodNumber {
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`
  const error = `must be a whole number ${range}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  ...allowed: T
): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(allowed, { error: `must be one of ${allowed.map((each) => `"${each}"`).join(', ')}` })
}
