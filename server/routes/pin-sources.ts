import { z } from 'zod'

/** Pin lists and targets as every request that reads pins has them. */
export const sourcesField = z.array(z.strictObject({ name: z.string().max(500), text: z.string() })).max(200)

export const targetsField = z.array(z.string()).max(50)
