import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, upload } from '../support/requests.ts'
import { firn, root, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const karl = makeWheel({ name: 'karl', version: '3.30' })
const osi = makeSdist({ name: 'repoze.bfg', version: '0.9.8.0-osi1' })
const zodb = makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' })

let server: TestServer
let directory: string
beforeEach(async () => {
  server = await startServer()
  directory = await temporaryDirectory()
})
afterEach(async () => {
  await cleanStop(server)
  await rm(directory, { recursive: true })
})

async function put(file: Built, ...below: readonly string[]): Promise<string> {
  const path = join(directory, ...below, file.filename)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, file.bytes)
  return path
}

const target = ['--target', 'cp311-manylinux_x86_64', '--waive', 'setuptools: nothing is built here']

function short(text: string): string {
  return text.replaceAll(directory, 'DIR')
}

async function imported(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(['import', ...argv], { FIRN_URL: server.url })
  return { code, stdout: short(stdout), stderr: short(stderr) }
}

function lines({ stdout }: CommandResult, start: string): readonly string[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith(start))
    .toSorted()
}

async function pins(release: string): Promise<readonly string[]> {
  const { text } = await ask(server.url, `/index/${release}/constraints.txt`)
  return text.split('\n').filter((line) => line.includes('=='))
}

describe('firn import of a directory of archives', () => {
  it('takes all, and freezes a release of these very files', async () => {
    // Of the same version, but from elsewhere.
    await upload(server.url, makeSdist({ name: 'karl', version: '3.30' }))
    for (const file of [karl, osi, zodb]) await put(file, 'old', file === zodb ? 'eggs' : '')
    const answer = await imported(join(directory, 'old'), '--as', 'karl/2010', ...target)
    expect([answer.code, answer.stderr]).toEqual([0, ''])
    expect(lines(answer, 'frozen')).toEqual(['frozen karl/2010'])
    expect(await pins('karl/2010')).toEqual(['karl==3.30', 'repoze.bfg==0.9.8.0-osi1', 'ZODB3==3.9.0'])
    expect((await ask(server.url, '/index/karl/2010/karl/')).text).not.toContain('.tar.gz')
  })

  it('lists what does not fit, with the reason, and freezes nothing without it', async () => {
    await upload(server.url, makeWheel({ name: 'karl', version: '3.30', files: { 'other.py': '' } }))
    await put(karl)
    await put(zodb)
    await put({ filename: 'broken-1.0.zip', bytes: Buffer.from('no zip') })
    await put({ filename: 'setup.exe', bytes: Buffer.from('MZ') })
    await put({ filename: '.hidden', bytes: Buffer.from('') })
    const answer = await imported(directory, '--as', 'karl/2010', ...target)
    expect([answer.code, answer.stderr]).toEqual([65, 'not frozen: karl/2010: not all of its archives were taken\n'])
    expect(lines(answer, 'refused').map((line) => line.replace(/:.*/, ''))).toEqual([
      'refused  DIR/broken-1.0.zip',
      'refused  DIR/karl-3.30-py3-none-any.whl',
    ])
    expect(lines(answer, 'unfit')).toEqual([
      'unfit    DIR/setup.exe: Filename is not that of a distribution: "setup.exe": it must end in one of .whl .egg .tar.gz .tgz .tar.bz2 .tbz .zip',
    ])
    expect(lines(answer, '1 file')).toEqual(['1 file in the pool, 3 not'])
    expect((await ask(server.url, '/index/karl/2010/')).status).toBe(404)
  })

  it('freezes beside a file that is no archive, but does not end well', async () => {
    await put(karl)
    await put({ filename: 'README.txt', bytes: Buffer.from('') })
    const answer = await imported(directory, '--as', 'karl/2010', ...target, '--json')
    const events = answer.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect([answer.code, events]).toMatchObject([
      65,
      [
        { event: 'unfit', path: 'DIR/README.txt', lost: false },
        { event: 'uploaded', filename: karl.filename },
        { event: 'frozen', release: 'karl/2010', outcome: 'frozen' },
      ],
    ])
  })

  it('refuses several versions of a project, unless the newest is asked for', async () => {
    for (const version of ['3.9', '3.10', '3.11b1']) await put(makeWheel({ name: 'karl', version }))
    const refused = await imported(directory, '--as', 'karl/2010', ...target)
    expect([refused.code, refused.stderr]).toEqual([
      65,
      `error: Release cannot be imported: a release has one version of a project
  karl: 3.9, 3.10, 3.11b1
hint: take the newest of each with --latest, or name the files that the release is to have
`,
    ])
    expect((await imported(directory, '--as', 'karl/2010', '--latest', ...target)).code).toBe(0)
    expect(await pins('karl/2010')).toEqual(['karl==3.10'])
  })

  it('takes nothing on a dry run', async () => {
    await put(karl)
    expect(await imported(directory, '--as', 'karl/2010', '--dry-run')).toEqual({
      code: 0,
      stdout: `found    DIR/${karl.filename}\ndry run, nothing was taken: 1 file would be, if it fits\n`,
      stderr: '',
    })
    expect(await server.store.records.projects()).toEqual([])
  })

  it.each([
    [['none'], 66, 'error: Input cannot be read: none: there is no such file or directory\n'],
    [[], 64, "error: missing required argument 'path'\n"],
    [['DIR', '--waive', 'lxml'], 64, 'error: Waiver is not valid: "lxml"\n'],
    [['DIR', '--as', 'karl'], 65, 'error: Release name is not valid: "karl"\n'],
    [['x.tar', '--as', 'karl/1'], 64, 'error: Command is not valid: there are no archives to freeze with --as\n'],
  ])('refuses %j', async (argv, code, message) => {
    await put({ filename: 'x.tar', bytes: Buffer.alloc(1024) })
    const answer = await imported(
      ...argv.map((each) => each.replace('DIR', directory).replace('x.tar', join(directory, 'x.tar'))),
    )
    expect([answer.code, answer.stderr]).toEqual([code, expect.stringContaining(message)])
  })
})

function compozePage(hrefs: readonly string[]): string {
  return `<html>\n<body>\n<h1>Links</h1>\n<ul>\n${hrefs.map((href) => `<li> <a href="${href}">x</a> </li>\n`).join('')}</ul>\n</body>\n</html>\n`
}

/** As `compoze index` writes it: raw names, no hashes, `../../` to the archive. */
async function compozeIndex(links: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const simple = join(directory, 'kgs', 'simple')
  await mkdir(simple, { recursive: true })
  await writeFile(join(simple, 'index.html'), compozePage(Object.keys(links)))
  for (const [project, hrefs] of Object.entries(links)) {
    await mkdir(join(simple, project))
    await writeFile(join(simple, project, 'index.html'), compozePage(hrefs))
  }
}

describe('firn import of a compoze index', () => {
  it.each(['kgs', 'kgs/simple'])(
    'takes what its pages link to, through the links that compoze pool left: %s',
    async (path) => {
      await put(osi, 'pool')
      await put(zodb, 'kgs')
      await compozeIndex({ 'repoze.bfg': [`../../${osi.filename}`], ZODB3: [`../../${zodb.filename}`] })
      await symlink(join('..', 'pool', osi.filename), join(directory, 'kgs', osi.filename))
      const answer = await imported(join(directory, path), '--as', 'karl/2010', ...target)
      expect([answer.code, answer.stderr]).toEqual([0, ''])
      expect(await pins('karl/2010')).toEqual(['repoze.bfg==0.9.8.0-osi1', 'ZODB3==3.9.0'])
    },
  )

  it('lists links that dangle, lie, or lead away, and archives that no page has', async () => {
    await put(zodb, 'kgs')
    await put(karl, 'kgs')
    await put(osi)
    await compozeIndex({
      ZODB3: [`../../${zodb.filename}#md5=${'0'.repeat(32)}`, 'http://example.com/ZODB3-4.zip'],
      away: [`../../../${osi.filename}`, '../../gone-1.0.tar.gz'],
    })
    const answer = await imported(join(directory, 'kgs'))
    expect([answer.code, lines(answer, 'unfit')]).toEqual([
      65,
      [
        'unfit    DIR/kgs/ZODB3-3.9.0-py3.11.egg: its md5 is not the one that is stated',
        'unfit    DIR/kgs/gone-1.0.tar.gz: there is no such file or directory',
        `unfit    DIR/kgs/${karl.filename}: the index has no link to it`,
        'unfit    DIR/kgs/simple/ZODB3/index.html: http://example.com/ZODB3-4.zip: it leads to another place',
        `unfit    DIR/kgs/simple/away/index.html: ../../../${osi.filename}: it leads out of the index`,
      ],
    ])
    expect(await server.store.records.projects()).toEqual([])
  })
})

describe('firn import of a devpi export', () => {
  /** Written by devpi-export 6.20.3; password hashes taken out. */
  const devpi = join(root, 'test', 'data', 'devpi-export')

  it('takes all its indexes', async () => {
    const answer = await imported(devpi)
    expect([answer.code, lines(answer, '5 files')]).toEqual([0, ['5 files in the pool']])
    expect((await server.store.records.projects()).map(({ name }) => name)).toEqual(['karl', 'ZODB3', 'zope.interface'])
  })

  it('makes a release of each index, with its bases', async () => {
    const production = ['--index', 'karl/production', '--as', 'karl/production', '--latest', ...target]
    expect((await imported(devpi, ...production)).code).toBe(0)
    expect(await pins('karl/production')).toEqual(['karl==3.30', 'zope.interface==5.10'])
    const staging = ['--index', 'karl/staging', '--as', 'karl/staging', '--latest', ...target]
    expect((await imported(devpi, ...staging)).code).toBe(0)
    expect(await pins('karl/staging')).toEqual(['karl==3.31', 'ZODB3==3.9.0', 'zope.interface==5.10'])
  })

  it('lists what does not fit, and says which indexes there are', async () => {
    const copy = join(directory, 'export')
    await cp(devpi, copy, { recursive: true })
    await writeFile(join(copy, 'karl/staging/zodb3/3.9.0/ZODB3-3.9.0.zip'), 'other')
    await rm(join(copy, 'karl/production/karl'), { recursive: true })
    const answer = await imported(copy)
    expect([answer.code, lines(answer, 'unfit')]).toEqual([
      65,
      [
        'unfit    DIR/export/karl/production/karl/3.29/karl-3.29.tar.gz: there is no such file or directory',
        'unfit    DIR/export/karl/production/karl/3.30/karl-3.30-py3-none-any.whl: there is no such file or directory',
        'unfit    DIR/export/karl/staging/zodb3/3.9.0/ZODB3-3.9.0.zip: its sha256 is not the one that is stated',
      ],
    ])
    const unknown = await imported(copy, '--index', 'karl/dev')
    expect([unknown.code, unknown.stderr]).toEqual([
      66,
      'error: Input cannot be read: DIR/export has no index karl/dev\nhint: it has karl/production, karl/staging\n',
    ])
    await writeFile(join(copy, 'dataindex.json'), '{"indexes": []}')
    expect((await imported(copy)).stderr).toContain('dataindex.json is not that of a devpi export')
  })

  it('names no file outside it', async () => {
    const files = [
      { type: 'releasefile', relpath: '../etc/passwd-1.0.zip' },
      { type: 'toxresult', relpath: 'x.json' },
    ]
    const mirror = { indexconfig: { type: 'mirror' } }
    const indexes = {
      'a/b': { indexconfig: { type: 'stage', bases: ['root/pypi', 'gone/base'] }, files },
      'root/pypi': mirror,
    }
    await writeFile(join(directory, 'dataindex.json'), JSON.stringify({ indexes }))
    expect(lines(await imported(directory), 'unfit')).toEqual([
      expect.stringMatching(/^unfit {4}.*\/etc\/passwd-1\.0\.zip: it leads out of the export$/),
      'unfit    DIR/x.json: it is no distribution, but a toxresult',
      'unfit    gone/base: the export does not have this base',
      'unfit    root/pypi: it is a mirror, which devpi does not export',
    ])
  })
})
