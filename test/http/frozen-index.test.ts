import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileJson, legacyFiles, linkTo, pageHtml, sha256, uploadAll, zopeFiles } from '../support/catalogue.ts'
import { makeWheel } from '../support/archives.ts'
import { crawl, prefixProxy, visit } from '../support/crawl.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, upload, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const v1json = 'application/vnd.pypi.simple.v1+json'
const immutable = 'public, max-age=31536000, immutable'
const base = '/index/karl/3.30/'
const [wheel, sdist] = [zopeFiles[3], zopeFiles[4]]
const [, old] = legacyFiles
if (!wheel || !sdist || !old) throw new Error('the catalogue has changed')
const frozenFiles = [old, wheel, sdist]

let server: TestServer
let times: ReadonlyMap<string, string>
let digest: string
beforeAll(async () => {
  server = await startServer()
  times = await uploadAll(server.url, [...zopeFiles, ...legacyFiles])
  const waivers = [{ project: 'setuptools', reason: 'nothing is built here' }]
  const pins = 'Zope.Interface==5.10\nrepoze.bfg==0.9.8.0-osi1\n'
  const reply = await freeze(server.url, 'karl/3.30', pins, { waivers })
  digest = (json(reply) as { digest: string }).digest
})
afterAll(() => cleanStop(server))

function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Reply> {
  return ask(server.url, path, { headers, method })
}

function expectHeaders({ headers, body }: Reply, type: string, vary: string): void {
  const { date: _, 'x-request-id': _id, connection: __, ...rest } = headers
  expect(rest).toEqual({
    'content-type': type,
    'content-length': String(body.length),
    'cache-control': immutable,
    vary,
    'x-content-type-options': 'nosniff',
    etag: `"${sha256(body)}"`,
  })
}

it('lists its projects as HTML and JSON', async () => {
  const [html, asJson] = [await get(base), await get(base, { accept: v1json })]
  const links = ['<a href="repoze-bfg/">repoze.bfg</a><br>', '<a href="zope-interface/">zope.Interface</a><br>']
  expect(html.text).toBe(pageHtml({ title: 'Simple index', release: digest }, links))
  expectHeaders(html, 'text/html; charset=utf-8', 'Accept, Accept-Encoding')
  expect(JSON.parse(asJson.text)).toEqual({
    meta: { 'api-version': '1.4', _release: `sha256:${digest}` },
    projects: [{ name: 'repoze.bfg' }, { name: 'zope.Interface' }],
  })
  expectHeaders(asJson, v1json, 'Accept, Accept-Encoding')
})

it('lists a project as HTML and JSON: the pinned version alone', async () => {
  const page = `${base}zope-interface/`
  const [html, asJson] = [await get(page), await get(page, { accept: v1json })]
  const links = [wheel, sdist].map((file) => linkTo(file, '../../../../'))
  expect(html.text).toBe(pageHtml({ title: 'Links for zope.Interface', release: digest }, links))
  expectHeaders(html, 'text/html; charset=utf-8', 'Accept, Accept-Encoding')
  expect(JSON.parse(asJson.text)).toEqual({
    meta: { 'api-version': '1.4', _release: `sha256:${digest}` },
    name: 'zope-interface',
    versions: ['5.10'],
    files: [wheel, sdist].map((file) => fileJson(file, '../../../../', times.get(file.filename))),
  })
  expectHeaders(asJson, v1json, 'Accept, Accept-Encoding')
})

describe('the documents beside the pages', () => {
  const text = 'text/plain; charset=utf-8'

  it('are the manifest, whose bytes have the release as their digest', async () => {
    const reply = await get(`${base}manifest.json`)
    expectHeaders(reply, 'application/json', 'Accept-Encoding')
    expect(sha256(reply.body)).toBe(digest)
    const manifest = JSON.parse(reply.text) as Record<string, unknown>
    expect(manifest).toEqual({
      schema: 'firn-release/1',
      product: 'karl',
      release: '3.30',
      base: null,
      overrides: [],
      targets: ['cp311-manylinux_x86_64'],
      roots: ['Zope.Interface==5.10', 'repoze.bfg==0.9.8.0-osi1'],
      pins: [
        { project: 'repoze-bfg', name: 'repoze.bfg', version: '0.9.8.0-osi1', marker: null },
        { project: 'zope-interface', name: 'zope.Interface', version: '5.10', marker: null },
      ],
      files: frozenFiles.map((file) => manifestFile(file)),
      waivers: [
        {
          rule: 'closure',
          project: 'setuptools',
          reason: 'nothing is built here',
          by: 'anonymous',
          until: null,
          waived: [
            'repoze.bfg 0.9.8.0-osi1 needs setuptools to be built: the release has no setuptools (cp311-manylinux_x86_64)',
          ],
        },
      ],
      unknown: [old.filename],
      source: null,
      changes: null,
      'frozen-at': manifest['frozen-at'],
      'frozen-by': 'anonymous',
    })
    expect(reply.text.startsWith('{"base":null,"changes":null,"files":[{"filename":')).toBe(true)
  })

  it('are requirements.txt, with the hash of every file', async () => {
    const reply = await get(`${base}requirements.txt`)
    expectHeaders(reply, text, 'Accept-Encoding')
    const [first = '', second = ''] = [wheel.sha256, sdist.sha256].toSorted()
    expect(reply.text).toBe(`# karl/3.30
# sha256:${digest}
repoze.bfg==0.9.8.0-osi1 \\
    --hash=sha256:${old.sha256}
zope.Interface==5.10 \\
    --hash=sha256:${first} \\
    --hash=sha256:${second}
`)
  })

  it('are constraints.txt and versions.cfg', async () => {
    const [constraints, versions] = [await get(`${base}constraints.txt`), await get(`${base}versions.cfg`)]
    const head = `# karl/3.30\n# sha256:${digest}\n`
    expect(constraints.text).toBe(`${head}repoze.bfg==0.9.8.0-osi1\nzope.Interface==5.10\n`)
    expectHeaders(constraints, text, 'Accept-Encoding')
    const { host } = new URL(server.url)
    const where = `index = ${server.url}${base}\nallow-hosts =\n    ${host}\n    *@${host}\n`
    expect(versions.text).toBe(
      `${head}[buildout]\n${where}versions = versions\n\n[versions]\nrepoze.bfg = 0.9.8.0-osi1\nzope.Interface = 5.10\n`,
    )
  })

  it.each(['manifest.json', 'requirements.txt'])('are served whatever is accepted: %s', async (name) => {
    expect((await get(`${base}${name}`, { accept: 'image/png' })).status).toBe(200)
    expect((await get(`${base}${name}?format=image/png`)).status).toBe(200)
  })
})

function manifestFile(file: (typeof frozenFiles)[number]): object {
  const { filename, project, name, version, bytes, requiresPython = null } = file
  const kind = filename.endsWith('.whl') ? 'wheel' : 'sdist'
  const metadata = file.metadata === undefined ? pkgInfo(file) : file.metadata
  return {
    filename,
    project,
    name,
    version,
    kind,
    size: bytes.length,
    sha256: file.sha256,
    'metadata-sha256': sha256(metadata),
    'requires-python': requiresPython,
    'upload-time': times.get(filename),
    origin: null,
  }
}

function pkgInfo({ name, version }: { name: string; version: string }): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nSummary: Made for a test\n\n`
}

describe('where a request leads', () => {
  it.each([
    ['/index/karl/3.30', '3.30/', ''],
    ['/index/karl/3.30/zope-interface', 'zope-interface/', 'zope-interface/'],
    ['/index/karl/3.30/Zope.Interface', 'zope-interface/', 'zope-interface/'],
    ['/index/karl/3.30/Zope.Interface/', '../zope-interface/', 'zope-interface/'],
    ['/index/karl/3.30/repoze_bfg/', '../repoze-bfg/', 'repoze-bfg/'],
  ])('%s stays in the index', async (path, location, page) => {
    const { status, headers } = await get(path)
    expect([status, headers.location, headers['cache-control']]).toEqual([301, location, immutable])
    const arrived = await visit(`${server.url}${path}`)
    expect([arrived.url, arrived.reply.status]).toEqual([`${server.url}${base}${page}`, 200])
  })

  it('is nowhere else for a project that only the live index has', async () => {
    await upload(server.url, makeWheel({ name: 'only-live', version: '1.0' }))
    expect((await get('/simple/only-live/')).status).toBe(200)
    for (const path of [`${base}only-live/`, `${base}only-live`, `${base}Only.Live/`]) {
      const reply = await get(path)
      expect([reply.status, json(reply)]).toEqual([404, expect.objectContaining({ code: 'project-unknown' })])
    }
  })

  it.each([
    ['/index/', 404, 'path-unknown'],
    ['/index/karl', 404, 'path-unknown'],
    ['/index/karl/', 404, 'path-unknown'],
    ['/index/karl/9.9/', 404, 'release-unknown'],
    ['/index/karl/9.9', 404, 'release-unknown'],
    ['/index/KARL/3.30/', 400, 'release-name-invalid'],
    ['/index/../../etc/passwd', 400, 'release-name-invalid'],
    ['/index/karl/3.30/../../../etc/passwd', 404, 'path-unknown'],
    ['/index/karl/3.30/..%2f..%2f/', 400, 'name-invalid'],
    ['/index/karl/3.30/%zz/', 404, 'path-unknown'],
    ['/index/karl/3.30/%00/', 400, 'name-invalid'],
    ['/index/karl/3.30//', 400, 'name-invalid'],
    ['/index/karl/3.30/zope-interface/more/', 404, 'path-unknown'],
    ['/index/karl/3.30/manifest.json/', 404, 'project-unknown'],
    ['/index/karl/3.30/constructor', 404, 'project-unknown'],
    ['/index/karl/3.30/__proto__', 400, 'name-invalid'],
  ])('%s is refused', async (path, status, code) => {
    const reply = await get(path)
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json'])
    expect(json(reply)).toMatchObject({ code, status, type: `/problems/${code}` })
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is no place for %s', async (method) => {
    const reply = await get(base, {}, method)
    expect([reply.status, reply.headers.allow, json(reply)]).toEqual([
      405,
      'GET, HEAD',
      {
        method,
        type: '/problems/method-not-allowed',
        title: 'Method is not allowed here',
        status: 405,
        code: 'method-not-allowed',
      },
    ])
  })
})

it('leads from the root to every file, by relative links whose hashes hold, also below a prefix', async () => {
  const proxy = await prefixProxy(server.url)
  for (const root of [`${server.url}${base}`, `${proxy.url}${base}`]) {
    const visited = await crawl(root)
    const inside = visited.map(({ url, reply }) => [url.startsWith(root.slice(0, -base.length)), reply.status])
    expect(inside).toEqual(visited.map(() => [true, 200]))
    const files = visited.filter(({ url }) => url.includes('/pool/'))
    expect(files.map(({ url }) => new URL(url).pathname.split('/').at(-1))).toEqual(
      frozenFiles.map(({ filename }) => filename),
    )
    for (const { url, reply } of files) expect(new URL(url).hash).toBe(`#sha256=${sha256(reply.body)}`)
    for (const { reply } of visited) expect(reply.text).not.toMatch(/\srel\s*=/i)
  }
  await proxy.stop()
})

it('never changes, whatever enters the pool later', async () => {
  const paths = ['', 'zope-interface/', 'repoze-bfg/', 'manifest.json', 'requirements.txt', 'versions.cfg']
  const read = () => Promise.all(paths.map(async (path) => (await get(`${base}${path}`)).text))
  const before = await read()
  await uploadAll(server.url, [
    makeWheel({ name: 'zope.Interface', version: '5.10', tag: 'cp311-cp311-manylinux_2_17_x86_64' }),
    makeWheel({ name: 'zope.Interface', version: '5.11' }),
  ])
  expect((await get('/simple/zope-interface/')).text).toContain('5.11')
  expect(await read()).toEqual(before)
  const again = await startServer({ data: server.data }).catch((error: unknown) => error)
  expect(again).toMatchObject({ code: 'data-in-use' })
})
