import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Built } from './archives.ts'
import { closed } from './crawl.ts'

/** A file of the upstream, and how the upstream misbehaves with it. */
export interface UpstreamEntry extends Built {
  readonly project: string
  /** Default: sha256, right. */
  readonly hash?: 'sha256' | 'md5' | 'none' | 'wrong'
  readonly yanked?: string | true
  /** As JSON states it; default: `uploadTime`; `null`: it is not stated. */
  readonly uploadTime?: string | null
  /** As JSON states it; default: its own. */
  readonly size?: number
  /** Served beside it (PEP 658), and stated with this digest; default: its own. */
  readonly metadata?: { readonly text: string; readonly sha256?: string }
  /** `cut-once`: ends in the middle the first time; `cut`: every time; a number: only that status. */
  readonly download?: 'cut-once' | 'cut' | 'redirect' | 404 | 500
}

export interface Upstream {
  /** The index itself, `…/simple/`. */
  readonly url: string
  /** What has been asked for, in order: `GET /simple/karl/`. */
  readonly requests: readonly string[]
  readonly stop: () => Promise<void>
}

export interface UpstreamOptions {
  readonly form?: 'json' | 'html'
  readonly files: readonly UpstreamEntry[]
  /** What a project's page is instead, by project: a status, or a text that is no page. */
  readonly pages?: Readonly<Record<string, number | string>>
  /** Done before the bytes of a file are sent. */
  readonly beforeFile?: (filename: string) => Promise<unknown>
}

export const uploadTime = '2011-02-03T04:05:06.789012Z'

/** A small index of files in memory: pages at `/simple/<project>/`, relative links to `/files/<filename>`. */
export async function startUpstream(options: UpstreamOptions): Promise<Upstream> {
  const requests: string[] = []
  const cut = new Set<string>()
  const before = options.beforeFile ?? (() => Promise.resolve())
  const server = createServer((req, res) => {
    requests.push(`${req.method} ${req.url}`)
    const [, area, name = ''] = (req.url ?? '/').split('/')
    if (area === 'old') res.writeHead(302, { Location: `../files/${name}` }).end()
    else if (area === 'files')
      void before(decodeURIComponent(name)).then(() =>
        sendFile(options, { name: decodeURIComponent(name), cut }, req, res),
      )
    else if (area === 'moved') res.writeHead(301, { Location: `../../simple/${name}/` }).end()
    else sendPage(options, name, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/simple/`, requests, stop: () => closed(server) }
}

function sendPage({ form = 'json', files, pages = {} }: UpstreamOptions, project: string, res: ServerResponse): void {
  const instead = pages[project]
  const listed = files.filter((file) => file.project === project)
  if (typeof instead === 'number') res.writeHead(instead).end('no\n')
  else if (typeof instead === 'string') res.writeHead(200, { 'Content-Type': typeOf(form) }).end(instead)
  else if (listed.length === 0) res.writeHead(404).end('no such project\n')
  else res.writeHead(200, { 'Content-Type': typeOf(form) }).end(form === 'json' ? jsonPage(listed) : htmlPage(listed))
}

function typeOf(form: 'json' | 'html'): string {
  return form === 'json' ? 'application/vnd.pypi.simple.v1+json' : 'text/html; charset=UTF-8'
}

function hashOf({ hash = 'sha256', bytes }: UpstreamEntry): readonly [string, string] | undefined {
  if (hash === 'none') return undefined
  if (hash === 'wrong') return ['sha256', 'f'.repeat(64)]
  return [hash, createHash(hash).update(bytes).digest('hex')]
}

function pathOf({ filename, download }: UpstreamEntry): string {
  return `../../${download === 'redirect' ? 'old' : 'files'}/${encodeURIComponent(filename)}`
}

function jsonPage(files: readonly UpstreamEntry[]): string {
  const listed = files.map((file) => ({
    filename: file.filename,
    url: pathOf(file),
    hashes: Object.fromEntries([hashOf(file) ?? []].filter((pair) => pair.length > 0)) as object,
    size: file.size ?? file.bytes.length,
    ...(file.uploadTime === null ? {} : { 'upload-time': file.uploadTime ?? uploadTime }),
    yanked: file.yanked ?? false,
    ...(file.metadata ? { 'core-metadata': { sha256: file.metadata.sha256 ?? sha256Of(file.metadata.text) } } : {}),
  }))
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'any', versions: [], files: listed })
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function htmlPage(files: readonly UpstreamEntry[]): string {
  const links = files.map((file) => {
    const fragment = hashOf(file)?.join('=')
    const yanked =
      file.yanked === undefined
        ? ''
        : ` data-yanked="${file.yanked === true ? '' : file.yanked.replaceAll('"', '&quot;')}"`
    return `<a href="${pathOf(file)}${fragment === undefined ? '' : `#${fragment}`}"${yanked}>${file.filename}</a>`
  })
  return `<!DOCTYPE html><html><body><a href="mailto:x@example.org">who</a>\n${links.join('\n')}\n</body></html>`
}

function sendFile(
  { files }: UpstreamOptions,
  { name, cut }: { readonly name: string; readonly cut: Set<string> },
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const beside = files.find(({ filename, metadata }) => metadata && `${filename}.metadata` === name)
  if (beside) {
    res.writeHead(200).end(beside.metadata?.text)
    return
  }
  const file = files.find(({ filename }) => filename === name)
  if (!file || typeof file.download === 'number') {
    res.writeHead(typeof file?.download === 'number' ? file.download : 404).end('no\n')
    return
  }
  const { bytes, download } = file
  const start = Number(/^bytes=(\d+)-/.exec(req.headers.range ?? '')?.[1] ?? 0)
  const partial = start > 0 ? { 'Content-Range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}
  const body = bytes.subarray(start)
  const headers = { 'Content-Length': body.length, ETag: '"one"', 'Accept-Ranges': 'bytes', ...partial }
  res.writeHead(start > 0 ? 206 : 200, headers)
  if (download === 'cut' || (download === 'cut-once' && !cut.has(name))) {
    cut.add(name)
    res.write(body.subarray(0, Math.floor(body.length / 2)), () => setTimeout(() => res.destroy(), 50))
  } else res.end(body)
}
