import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ask, type Reply } from './requests.ts'

/** A page, or what a link of it leads to, as a client that follows redirects finds it. */
export interface Visited {
  readonly url: string
  readonly reply: Reply
}

/** Follows relative redirects, five at most. */
export async function visit(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Visited> {
  for (let at = url, left = 5; left > 0; left--) {
    const { origin, pathname, search } = new URL(at)
    const reply = await ask(origin, `${pathname}${search}`, { headers })
    const location = reply.headers.location
    if (reply.status !== 301 || location === undefined) return { url: at, reply }
    at = new URL(location, at).href
  }
  throw new Error(`${url} redirects without end`)
}

const hrefs = /href="([^"]*)"/g

/** Every link of an index's root and of the project pages it leads to, with what is there. */
export async function crawl(root: string): Promise<readonly Visited[]> {
  const found: Visited[] = [await visit(root)]
  const seen = new Set([root])
  for (const page of found) {
    if (!String(page.reply.headers['content-type']).startsWith('text/html')) continue
    for (const [, href = ''] of page.reply.text.matchAll(hrefs)) {
      const url = new URL(href, page.url).href
      if (seen.has(url)) continue
      seen.add(url)
      found.push(await visit(url))
    }
  }
  return found
}

export interface Proxy {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Serves `target` below `/some/prefix`, as a company's web server would. */
export async function prefixProxy(target: string): Promise<Proxy> {
  const prefix = '/some/prefix'
  const server = createServer((req, res) => {
    const path = req.url ?? '/'
    if (!path.startsWith(`${prefix}/`)) {
      res.writeHead(418).end()
      return
    }
    const { hostname, port } = new URL(target)
    const options = { hostname, port, method: req.method, headers: req.headers, path: path.slice(prefix.length) }
    const onward = request({ ...options, agent: false }, (reply) => {
      res.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(res)
    })
    req.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`, stop: () => closed(server) }
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
