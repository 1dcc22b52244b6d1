import { createHash } from 'node:crypto'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import { makeEgg, makeSdist, makeWheel, metadataOf } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { closed } from '../support/crawl.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream, type UpstreamEntry } from '../support/upstream.ts'

let made = 0
let project: string
let server: TestServer
let directory: string
let upstreams: Upstream[]
beforeAll(async () => {
  server = await startServer({ pip: false })
})
beforeEach(async () => {
  project = `karl${++made}`
  directory = await temporaryDirectory()
  upstreams = []
})
afterEach(async () => {
  await Promise.all(upstreams.map(({ stop }) => stop()))
  await rm(directory, { recursive: true })
})
afterAll(() => cleanStop(server))

function wheel(version: string): UpstreamEntry {
  return { project, ...makeWheel({ name: project, version }) }
}

/** `links`: what the page `links/` has, as HTML. */
async function upstreamOf(files: readonly UpstreamEntry[], links?: string): Promise<Upstream> {
  const form = links === undefined ? 'json' : 'html'
  const upstream = await startUpstream({ files, form, ...(links === undefined ? {} : { pages: { links } }) })
  upstreams.push(upstream)
  return upstream
}

function short(text: string): string {
  return upstreams
    .reduce((all, { url }, index) => all.replaceAll(url, `${'ABC'[index] ?? 'X'}/`), text)
    .replaceAll(directory, 'DIR')
}

async function fetch(...argv: readonly string[]): Promise<CommandResult> {
  const target = ['--target', 'cp311-manylinux_x86_64']
  const { code, stdout, stderr } = await firn(['fetch', ...target, ...argv], { FIRN_URL: server.url })
  return { code, stdout: short(stdout), stderr: short(stderr) }
}

async function held(): Promise<readonly [string, string | undefined][]> {
  const files = await server.store.records.distributionsOf(parseProjectName(project))
  return files.map(({ version, origin }) => [version, origin?.index])
}

describe('several indexes', () => {
  it('are asked in their order, each pin coming from the first that has its version', async () => {
    const [a, b, c] = [await upstreamOf([wheel('1')]), await upstreamOf([wheel('2')]), await upstreamOf([wheel('2')])]
    const result = await fetch(`${project}==2`, '-i', a.url, '--index-url', b.url, '-i', c.url)
    expect([result.code, result.stdout.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(/^1 file to fetch \(.*\) from A\/, B\/, C\/, 0 already in the pool$/),
    ])
    expect(await held()).toEqual([['2', b.url]])
    expect(c.requests).toEqual([])
  })

  it('are not passed over where one cannot be asked, lest another gets in its place', async () => {
    const [a, b] = [await startUpstream({ files: [], pages: { [project]: 403 } }), await upstreamOf([wheel('2')])]
    upstreams.unshift(a)
    const result = await fetch(`${project}==2`, '-i', a.url, '-i', b.url)
    expect([result.code, result.stderr, await held(), b.requests]).toEqual([
      75,
      `failed   ${project}==2: Upstream index cannot be used: A/${project}/: it answers 403\n`,
      [],
      [],
    ])
  })
})

describe('pages of links', () => {
  it('are asked for what no index has, once, whatever project it is', async () => {
    const other = { project: 'other', ...makeSdist({ name: `${project}-other`, version: '1' }) }
    const hashed = [wheel('1'), other]
    const page = await upstreamOf(hashed, '')
    const links = ['1', '2'].map((version) => wheel(version).filename)
    const hosted = await startUpstream({
      files: hashed,
      form: 'html',
      pages: {
        links: [...links, other.filename]
          .map((name) => `<a href="../../files/${name}#md5=${digestOf(hashed, name)}">${name}</a>`)
          .join(''),
      },
    })
    upstreams.push(hosted)
    const asked = ['-i', page.url, '-l', `${hosted.url}links/`]
    const inIndex = await fetch(`${project}==1`, ...asked)
    expect([inIndex.code, hosted.requests]).toEqual([0, []])
    const result = await fetch(`${project}-other==1`, `${project}==3`, ...asked)
    expect([result.code, result.stderr]).toEqual([
      66,
      `failed   ${project}==3: Upstream index does not have it: no file of ${project} 3\n`,
    ])
    expect(hosted.requests).toEqual(['GET /simple/links/', `GET /files/${other.filename}`])
  })

  it.each([
    ['javascript:', 'javascript:alert(1)//FILE'],
    ['file:', 'file:///etc/FILE'],
    ['data:', 'data:application/zip;base64,UEs/FILE'],
    ['nothing at all', 'http://[/FILE'],
    ['itself', './'],
    ['another page', '../other/'],
  ])('lead nowhere by a link to %s', async (_, href) => {
    const { filename } = wheel('1')
    const page = await upstreamOf(
      [],
      `<base href="javascript:x"><a href="${href.replace('FILE', filename)}">${filename}</a>`,
    )
    const result = await fetch(`${project}==1`, '-i', page.url, '-l', `${page.url}links/`)
    expect([result.code, result.stderr, page.requests]).toEqual([
      66,
      `failed   ${project}==1: Upstream index does not have it: no file of ${project} 1\n`,
      [`GET /simple/${project}/`, 'GET /simple/links/'],
    ])
  })

  it('may be the very file, which without a hash comes only if that is allowed', async () => {
    const file = wheel('1')
    const page = await upstreamOf([{ ...file, project: 'elsewhere' }])
    const link = new URL(`../files/${file.filename}`, page.url).href
    const refused = await fetch(`${project}==1`, '-i', page.url, '-l', link)
    expect([refused.code, refused.stderr]).toEqual([
      75,
      `failed   ${file.filename}: Content does not match its digest: the upstream states no hash of ${file.filename}\n`,
    ])
    expect((await fetch(`${project}==1`, '-i', page.url, '-l', link, '--allow-unhashed')).code).toBe(0)
    expect(await held()).toEqual([['1', link]])
  })

  it('that have no end are given up', async () => {
    const endless = await listening(
      createServer((req, res) => {
        if (req.url === '/loop') res.writeHead(302, { Location: '/loop' }).end()
        else {
          res.writeHead(200, { 'Content-Type': 'text/html' })
          const more = () => void (!res.destroyed && (res.write(Buffer.alloc(1 << 20, 60)) ? setImmediate(more) : 0))
          res.on('drain', more)
          more()
        }
      }),
    )
    const { url } = await upstreamOf([])
    const [loop, huge] = [`${endless.url}/loop`, `${endless.url}/huge`]
    const results = [
      await fetch(`${project}==1`, '-i', url, '-l', loop),
      await fetch(`${project}==1`, '-i', url, '-l', huge),
    ]
    await closed(endless.server)
    expect(results.map(({ code, stderr }) => [code, stderr.replace(/(?<=detected).*\n/, '')])).toEqual([
      [75, `failed   ${project}==1: Upstream index cannot be used: ${loop}: Redirect loop detected`],
      [75, `failed   ${project}==1: Upstream index cannot be used: ${huge}: its page is larger than 67108864 bytes\n`],
    ])
  })
})

function digestOf(files: readonly UpstreamEntry[], name: string): string {
  const file = files.find(({ filename }) => filename === name)
  return file ? createHash('md5').update(file.bytes).digest('hex') : '0'.repeat(32)
}

async function listening(made: Server): Promise<{ readonly url: string; readonly server: Server }> {
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`, server: made }
}

describe('local directories', () => {
  it('are uploaded from, for what neither index nor page has', async () => {
    const upstream = await upstreamOf([wheel('1')])
    await mkdir(join(directory, 'deep'))
    await symlink('.', join(directory, 'deep', 'loop'))
    const other = `${project}-other`
    for (const file of [
      wheel('1'),
      wheel('2'),
      makeSdist({ name: other, version: '0.9' }),
      makeSdist({ name: other, version: '0.8' }),
      { filename: 'broken-1.zip', bytes: Buffer.from('no zip') },
    ])
      await writeFile(join(directory, 'deep', file.filename), file.bytes)
    const asked = [`${project}==1`, `${other}<1`, 'broken==1', 'gone==1', '--best']
    const result = await fetch(...asked, '-i', upstream.url, '-l', directory)
    expect(result.code).toBe(75)
    expect(result.stderr.split('\n').map((line) => line.replace(/(archive|it has).*/, '…'))).toEqual([
      expect.stringMatching(/^failed {3}DIR\/deep\/broken-1\.zip: Archive cannot be accepted/),
      'failed   gone==1: Upstream index does not have it: no project gone',
      '',
    ])
    const sdist = makeSdist({ name: other, version: '0.9' }).filename
    expect(result.stdout).toContain(`, from DIR/deep/${sdist}\n`)
    expect(result.stdout).toMatch(/2 files fetched \(.*\), 0 already in the pool, 2 failed; /)
    expect(await held()).toEqual([['1', upstream.url]])
  })

  it.each([
    ['file:///srv/wheels', 64, '--find-links file:///srv/wheels'],
    ['gone', 66, 'gone: there is no such file or directory'],
  ])('%s is refused', async (place, code, message) => {
    const result = await fetch(`${project}==1`, '-l', place)
    expect([result.code, result.stderr.split('\n')[0]]).toEqual([code, expect.stringContaining(message)])
  })
})

describe('requirements that are not exact', () => {
  it('are met by the best version of the first index that has one, if asked for', async () => {
    const [a, b] = [await upstreamOf([wheel('1'), wheel('1.5')]), await upstreamOf([wheel('1.7'), wheel('3')])]
    const result = await fetch(`${project}>1`, `${project}<2`, '--best', '-i', a.url, '-i', b.url)
    expect([result.code, result.stdout.split('\n')[0]]).toEqual([
      0,
      `chosen   ${project}==1.5  for ${project}>1, ${project}<2, from A/`,
    ])
    expect(await held()).toEqual([['1.5', a.url]])
    expect((await fetch(`${project}>2`, '--best', '-i', a.url, '-i', b.url)).code).toBe(0)
    const none = await fetch(`${project}>3`, '--best', '-i', a.url, '-i', b.url)
    expect([none.code, none.stderr]).toEqual([
      66,
      `failed   ${project}>3: Upstream index does not have it: no version of ${project}>3 that installs on cp311-manylinux_x86_64\n`,
    ])
  })
})

it('fetches eggs for the Python of the target if they are wanted', async () => {
  const eggs = ['3.11', '2.7'].map((python) => ({ project, ...makeEgg({ name: project, version: '1', python }) }))
  const { url } = await upstreamOf(eggs)
  expect((await fetch(`${project}==1`, '-i', url)).code).toBe(66)
  const result = await fetch(`${project}==1`, '-i', url, '--include-binary-eggs')
  expect([result.code, result.stdout]).toEqual([0, expect.stringContaining(`fetched  ${eggs[0]?.filename}`)])
  expect(await held()).toHaveLength(1)
})

it('fetches what a Python has installed, and what a section of versions has', async () => {
  const { url } = await upstreamOf([wheel('1'), wheel('2')])
  const site = join(directory, 'site', `${project}-1.dist-info`)
  await mkdir(site, { recursive: true })
  await writeFile(join(site, 'METADATA'), metadataOf({ name: project, version: '1' }))
  await writeFile(join(directory, 'site', 'wsgiref.egg-info'), metadataOf({ name: 'wsgiref', version: '0.1.2' }))
  const python = join(directory, 'python')
  await writeFile(python, `#!/bin/sh\nexec env PYTHONPATH='${directory}/site' python3 -S "$@"\n`)
  await chmod(python, 0o755)
  expect((await fetch('--fetch-site-packages', '--python', python, '-i', url)).code).toBe(0)
  expect(await held()).toEqual([['1', url]])
  const versions = join(directory, 'site.conf')
  await writeFile(versions, `[global]\nverbose = true\n[versions]\n${project} = 1\n[kgs]\n${project} = 2\n`)
  expect((await fetch('--use-versions', versions, '-S', 'kgs', '-i', url)).code).toBe(0)
  expect((await held()).map(([version]) => version)).toEqual(['1', '2'])
  const nobody = await fetch('--fetch-site-packages', '--python', join(directory, 'nobody'), '-i', url)
  expect([nobody.code, nobody.stderr]).toEqual([
    64,
    'error: Command is not valid: DIR/nobody cannot be asked what it has installed\nhint: name one with --python PYTHON\n',
  ])
})
