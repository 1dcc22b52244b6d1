import { z } from 'zod'
import { isUrl } from '../../../pool/pins/includes.ts'
import { duration, flag, texts, url, urls } from '../kinds.ts'
import { asOptions, type Section } from '../section.ts'

const schema = z.strictObject({
  'index-url': z.union([url, urls], { error: 'must be an http or https URL, or a list of them' }).optional(),
  'find-links': texts.optional(),
  'include-binary-eggs': flag.optional(),
  'fetch-site-packages': flag.optional(),
  targets: texts.optional(),
  requirements: texts.optional(),
  'min-age': duration.optional(),
  'allow-young': texts.optional(),
  'from-upstream': texts.optional(),
})

export const fetchSection: Section = {
  name: 'fetch',
  schema,
  commands: ['fetch'],
  options: (values, path) => {
    const { targets, requirements, 'index-url': indexes, 'find-links': links, ...flags } = schema.parse(values)
    return {
      indexUrl: typeof indexes === 'string' ? [indexes] : indexes,
      findLinks: links?.map((link) => (isUrl(link) ? link : path(link))),
      target: targets,
      requirement: requirements?.map(path),
      ...asOptions(flags),
    }
  },
  example: `[fetch]
# Upstream index, or a list of them in the order in which they are asked; without it, the server's.
index-url = "https://index.example/simple/"
# Pages of links and local directories, for what no index has.
find-links = ["https://index.example/links/", "wheels"]
# Also eggs.
include-binary-eggs = false
# What this machine's Python has installed, besides what is asked for.
fetch-site-packages = false
# Whose wheels are fetched, where no --target is given.
targets = ["cp311-manylinux_x86_64"]
# What is fetched, where no -r is given.
requirements = ["requirements.txt"]
# Only what an upstream has had for so long: "36h", "7d", "2w"; and what may be younger, as NAME or NAME==VERSION.
min-age = "7d"
allow-young = ["lxml==5.3.1"]
# Projects of the team's own that are fetched all the same.
from-upstream = ["repoze.bfg"]
`,
}
