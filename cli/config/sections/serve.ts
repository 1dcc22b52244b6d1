import { z } from 'zod'
import { duration, flag, number, oneOf, text, texts, url } from '../kinds.ts'
import { asOptions, type Section } from '../section.ts'

const schema = z.strictObject({
  host: text.optional(),
  port: number(0, 65_535).optional(),
  data: text.optional(),
  upstream: url.optional(),
  'pull-through': flag.optional(),
  'max-upload': number(1).optional(),
  'max-uploads': number(1).optional(),
  'max-connections': number(1).optional(),
  'public-url': url.optional(),
  'trusted-proxy': texts.optional(),
  'accel-redirect': text.optional(),
  log: oneOf('text', 'json', 'none').optional(),
  'signing-key': text.optional(),
  writes: oneOf('open', 'local', 'token').optional(),
  reads: oneOf('open', 'token').optional(),
  private: texts.optional(),
  'min-age': duration.optional(),
})

export const serveSection: Section = {
  name: 'serve',
  schema,
  commands: ['serve', 'store'],
  options: (values, path) => {
    const { data, 'signing-key': key, ...others } = schema.parse(values)
    return asOptions({
      ...others,
      ...(data === undefined ? {} : { data: path(data) }),
      ...(key === undefined ? {} : { 'signing-key': path(key) }),
    })
  },
  example: `[serve]
# Address to listen on, and port; port 0 takes any free one.
host = "127.0.0.1"
port = 8047
# Where everything is kept. Paths in this file are from the directory of this file.
data = "data"
# The index that fetch asks; without it, that of this machine's pip.
upstream = "https://index.example/simple/"
# Whether the live index shows what the upstream has besides: what is asked for comes into the pool.
pull-through = false
# The largest file taken in, in MB.
max-upload = 2000
# Uploads and fetches at once; further ones are told to come back.
max-uploads = 50
# Connections at once; further ones are closed.
max-connections = 5000
# The URL that clients know the server by, as behind a proxy; without it, as they ask.
public-url = "https://firn.example/"
# Proxies whose X-Forwarded headers are believed, by address or network.
trusted-proxy = ["127.0.0.1"]
# The internal location of nginx that is data/pool: a trusted nginx sends large files from there.
accel-redirect = "/_firn_pool/"
# Request log: "text", "json" or "none".
log = "text"
# An Ed25519 key (PEM) to sign with; without it, one is made in the data directory.
signing-key = "signing.pem"
# Who may upload, fetch and freeze without a token: "open", all who reach the server; "local", this machine; "token",
# nobody. Without it: "local" on 127.0.0.1, else "token".
writes = "token"
# Who may read without a token: "open" or "token".
reads = "open"
# Products that are shown only to tokens for them.
private = ["acme"]
# What comes from an upstream must have been there for so long: "36h", "7d", "2w". Exceptions take a token with "admin".
min-age = "7d"
`,
}
