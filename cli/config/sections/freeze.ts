import { z } from 'zod'
import { texts } from '../kinds.ts'
import type { Section } from '../section.ts'

const schema = z.strictObject({
  targets: texts.optional(),
  requirements: texts.optional(),
})

export const freezeSection: Section = {
  name: 'freeze',
  schema,
  commands: ['freeze'],
  options: (values, path) => {
    const { targets, requirements } = schema.parse(values)
    return { target: targets, requirement: requirements?.map(path) }
  },
  example: `[freeze]
# What releases are made for, where no --target is given.
targets = ["cp311-manylinux_x86_64", "cp312-manylinux_x86_64"]
# What they are made of, where no -r is given.
requirements = ["requirements.txt"]
`,
}
