import { z } from 'zod'
import { url } from '../kinds.ts'
import { asOptions, type Section } from '../section.ts'

export const topSection: Section = {
  name: '',
  schema: z.strictObject({ url: url.optional() }),
  commands: '*',
  options: asOptions,
  example: `# The firn server that commands speak to.
url = "http://127.0.0.1:8047"
`,
}
