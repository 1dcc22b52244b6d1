import { z } from 'zod'

/** Why something was done, for whoever reads of it later: one line, since it stands in attributes and logs. */
export const reasonField = z
  .string()
  .trim()
  .min(1, 'say why')
  .max(500)
  .regex(/^\P{Cc}*$/u, 'a reason is one line of text')
