import { z } from 'zod'
import { rules } from '../../pool/findings.ts'
import { parseLicenceTerm } from '../../pool/policy/licence-rule.ts'
import { actions } from '../../pool/policy/policy.ts'
import { isProjectName, normaliseName } from '../../pool/project-name.ts'

const text = z.string().min(1).max(500)

/** A project's waiver, as `firn.toml` and `--waive` give it. */
export const waiverField = z.strictObject({
  rule: z.enum(rules).nullable().default(null),
  project: text.refine(isProjectName, { error: 'is no project name' }).transform(normaliseName),
  reason: text,
  until: z.iso.date().nullable().default(null),
  by: text.nullable().default(null),
})

const action = z.enum(actions)
const licences = z
  .array(text.refine((id) => parseLicenceTerm(id) !== undefined, { error: 'is no SPDX licence id' }))
  .max(1000)

/** The rules of who freezes: `Policy` as JSON. */
export const policyField = z.strictObject({
  yanked: action,
  sdistOnly: action,
  age: z.strictObject({ least: z.int().min(0), action }).nullable(),
  licences: z.strictObject({ allow: licences.nullable(), refuse: licences, unknown: action, action }).nullable(),
  waivers: z.array(waiverField).max(1000),
  clientWaivers: z.boolean(),
})
