import { z } from 'zod'
import { number, oneOf, text, url } from '../kinds.ts'
import { asOptions, type Section } from '../section.ts'

const schema = z.strictObject({
  host: text.optional(),
  port: number(0, 65_535).optional(),
  data: text.optional(),
  upstream: url.optional(),
  'max-upload': number(1).optional(),
  'public-url': url.optional(),
  log: oneOf('text', 'json', 'none').optional(),
})

export const serveSection: Section = {
  name: 'serve',
  schema,
  commands: ['serve'],
  options: (values, path) => {
    const { data, ...others } = schema.parse(values)
    return asOptions({ ...others, ...(data === undefined ? {} : { data: path(data) }) })
  },
  example: `[serve]
# Address to listen on, and port; port 0 takes any free one.
host = "127.0.0.1"
port = 8047
# Where everything is kept. Paths in this file are from the directory of this file.
data = "data"
# The index that fetch asks; without it, that of this machine's pip.
upstream = "https://index.example/simple/"
# The largest file taken in, in MB.
max-upload = 2000
# The URL that clients know the server by, as behind a proxy; without it, as they ask.
public-url = "https://firn.example/"
# Request log: "text", "json" or "none".
log = "text"
`,
}
