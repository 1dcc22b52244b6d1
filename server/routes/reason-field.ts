import { z } from 'zod'

/** What ends a line, to any reader, or turns what stands beside it round (UAX #9, explicit formatting). */
const notInLine = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** Why something was done, for whoever reads of it later: one line, since it stands in attributes and logs. */
export const reasonField = z
  .string()
  .trim()
  .min(1, 'say why')
  .max(500)
  .refine((text) => !notInLine.test(text), 'a reason is one line of text')
  .regex(/[\p{L}\p{N}\p{P}\p{S}]/u, 'say why')
