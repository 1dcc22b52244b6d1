import { z } from 'zod'
import { sourceRoles } from '../../pool/pins/pin.ts'

/** Pin lists and targets as every request that reads pins has them. */
export const sourcesField = z
  .array(
    z.strictObject({
      name: z.string().max(1000),
      text: z.string(),
      as: z.enum(sourceRoles).default('pins'),
      unreadable: z.string().max(500).exactOptional(),
    }),
  )
  .max(200)

const names = z.array(z.string().max(200)).max(200)

/** What says how sources are read. */
export const readFields = {
  use: z.array(z.string().max(500)).max(1000).default([]),
  extras: names.default([]),
  groups: names.default([]),
  versionsSection: z.string().max(200).optional(),
}

export const targetsField = z.array(z.string()).max(50)
