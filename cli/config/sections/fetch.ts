import { z } from 'zod'
import { texts, url } from '../kinds.ts'
import type { Section } from '../section.ts'

const schema = z.strictObject({
  'index-url': url.optional(),
  targets: texts.optional(),
  requirements: texts.optional(),
})

export const fetchSection: Section = {
  name: 'fetch',
  schema,
  commands: ['fetch'],
  options: (values, path) => {
    const { targets, requirements, 'index-url': indexUrl } = schema.parse(values)
    return { indexUrl, target: targets, requirement: requirements?.map(path) }
  },
  example: `[fetch]
# Upstream index; without it, the server's.
index-url = "https://index.example/simple/"
# Whose wheels are fetched, where no --target is given.
targets = ["cp311-manylinux_x86_64"]
# What is fetched, where no -r is given.
requirements = ["requirements.txt"]
`,
}
