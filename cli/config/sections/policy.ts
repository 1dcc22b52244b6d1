import { z } from 'zod'
import { rules } from '../../../pool/findings.ts'
import { parseDuration } from '../../../pool/policy/duration.ts'
import { parseLicenceTerm } from '../../../pool/policy/licence-rule.ts'
import { defaultPolicy, type Policy } from '../../../pool/policy/policy.ts'
import { isProjectName, normaliseName } from '../../../pool/project-name.ts'
import { duration, flag, oneOf, text } from '../kinds.ts'
import type { Section } from '../section.ts'

const action = oneOf('refuse', 'warn', 'allow')

const milliseconds = duration.transform((value) => parseDuration(value) ?? 0)

const licence = text.refine((value) => parseLicenceTerm(value) !== undefined, {
  error: ({ input }) => `must hold SPDX licence ids, as "BSD-3-Clause": ${JSON.stringify(input)} is none`,
})

const licences = z.array(licence, { error: 'must be a list of SPDX licence ids, as ["MIT", "BSD-3-Clause"]' })

const day = text.refine((value) => z.iso.date().safeParse(value).success, {
  error: 'must be a day in quotes, as "2027-01-31"',
})

const waiver = z.strictObject({
  rule: oneOf(...rules).optional(),
  project: text.refine(isProjectName, { error: 'must be the name of a project' }),
  reason: text,
  by: text,
  until: day.optional(),
})

const schema = z.strictObject({
  yanked: action.optional(),
  'sdist-only': action.optional(),
  age: z
    .strictObject({ least: milliseconds, action }, { error: 'must be a table, as { least = "7d", action = "refuse" }' })
    .optional(),
  licences: z
    .strictObject(
      {
        allow: licences.optional(),
        refuse: licences.optional(),
        unknown: action.optional(),
        action: action.optional(),
      },
      { error: 'must be a table, as { allow = ["MIT"], action = "refuse" }' },
    )
    .optional(),
  'client-waivers': flag.optional(),
  waivers: z.array(waiver, { error: 'must be written as [[policy.waivers]] tables' }).optional(),
})

export const policySection: Section = {
  name: 'policy',
  schema,
  commands: ['serve', 'freeze'],
  options: (values) => ({ policy: policyOf(schema.parse(values)) }),
  example: `[policy]
# What becomes of a release that a rule speaks against: "refuse", "warn" or "allow". firn serve takes these rules for
# every freeze; firn freeze sends them along, and of the two the stricter counts.
# Files that the upstream index had yanked when they were fetched.
yanked = "warn"
# Projects that would be built from source on one of the targets.
sdist-only = "allow"
# Files that the upstream index had for less than this: "36h", "7d", "2w". What the team itself uploads may be new.
age = { least = "7d", action = "refuse" }
# Licences as SPDX ids: "allow" these alone, or "refuse" these. "unknown" is for projects that state none.
licences = { allow = ["MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"], refuse = [], unknown = "warn", action = "refuse" }
# For firn serve: whether waivers of those who freeze count against these rules. They are kept in the manifest.
client-waivers = true

# What is let pass, by whom and why. Without "rule", whatever speaks against the project; without "until", for ever.
[[policy.waivers]]
rule = "yanked"
project = "lxml"
reason = "the yank is about a platform that we do not have"
by = "anna"
until = "2027-01-31"
`,
}

function policyOf(read: z.output<typeof schema>): Policy {
  const { licences } = read
  return {
    yanked: read.yanked ?? defaultPolicy.yanked,
    sdistOnly: read['sdist-only'] ?? defaultPolicy.sdistOnly,
    age: read.age ?? null,
    licences: licences
      ? {
          allow: licences.allow ?? null,
          refuse: licences.refuse ?? [],
          unknown: licences.unknown ?? 'warn',
          action: licences.action ?? 'refuse',
        }
      : null,
    clientWaivers: read['client-waivers'] ?? defaultPolicy.clientWaivers,
    waivers: (read.waivers ?? []).map(({ rule, project, until, ...rest }) => ({
      ...rest,
      rule: rule ?? null,
      project: normaliseName(project),
      until: until ?? null,
    })),
  }
}
