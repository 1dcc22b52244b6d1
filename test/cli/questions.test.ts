import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze } from '../support/requests.ts'
import { firn, startServer, type CommandResult, type TestServer } from '../support/server.ts'

const inAcme1 = [
  makeWheel({ name: 'karl', version: '3.29', requires: ['lxml>=4'] }),
  makeWheel({ name: 'lxml', version: '4.9' }),
  makeSdist({ name: 'lxml', version: '4.9' }),
  makeWheel({ name: 'old', version: '1.0' }),
]
const kilobytes = (inAcme1.reduce((total, { bytes }) => total + bytes.length, 0) / 1000).toFixed(1)

let server: TestServer
let directory: string
beforeAll(async () => {
  server = await startServer()
  directory = await mkdtemp(join(tmpdir(), 'firn-test-'))
  await uploadAll(server.url, [
    ...inAcme1,
    makeWheel({ name: 'karl', version: '3.30', requires: ['lxml>=4.9', 'zope.Interface'] }),
    makeWheel({ name: 'lxml', version: '4.8' }),
    makeWheel({ name: 'lxml', version: '5.0' }),
    makeWheel({ name: 'zope.Interface', version: '5.10' }),
  ])
  await freeze(server.url, 'karl/3.29', 'karl==3.29\nlxml==4.8\nold==1.0 ; python_version < "3.12"\n')
  await freeze(server.url, 'karl/3.30', 'karl==3.30\nlxml==4.9\nzope.interface==5.10\n')
  await freeze(server.url, 'acme/1', 'lxml==4.9\n', { base: 'karl/3.29' })
  await freeze(server.url, 'acme/2', '', { base: 'karl/3.30', sources: [] })
})
afterAll(async () => {
  await rm(directory, { recursive: true })
  await cleanStop(server)
})

/** Runs firn; the server is shown as `URL`, times and digests as what they are. */
async function run(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(argv, { FIRN_URL: server.url })
  const shown = stdout
    .replaceAll(server.url, 'URL')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'YYYY-MM-DD HH:MM')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'DIGEST')
    .replaceAll(/\b[0-9a-f]{12}\b/g, '012345abcdef')
  return { code, stdout: shown, stderr }
}

function said(stdout: string, code = 0): CommandResult {
  return { code, stdout, stderr: '' }
}

/** The releases of a list, as it is printed. */
function names(stdout: string): readonly string[] {
  return stdout.match(/^(?:acme|karl)\S+/gm) ?? []
}

interface Usage {
  readonly files: readonly {
    readonly filename: string
    readonly sha256: string
    readonly releases: readonly { readonly release: string }[]
  }[]
}

async function json(what: string): Promise<Usage> {
  return JSON.parse((await firn(['where-used', what, '--json'], { FIRN_URL: server.url })).stdout) as Usage
}

describe('firn releases', () => {
  it('lists products, the last frozen first, with what they are laid over', async () => {
    const list = `RELEASE    FROZEN (UTC)      BY         PINS  BASE                       DIGEST
acme/2     YYYY-MM-DD HH:MM  anonymous  3     karl/3.30                  012345abcdef
acme/1     YYYY-MM-DD HH:MM  anonymous  3     karl/3.29 (3.30 is newer)  012345abcdef
`
    expect(await run('releases', 'acme')).toEqual(said(list.replaceAll(/^(\S+) {2}/gm, '$1')))
    expect(await run('releases')).toEqual(
      said(`${list}karl/3.30  YYYY-MM-DD HH:MM  anonymous  3     -                          012345abcdef
karl/3.29  YYYY-MM-DD HH:MM  anonymous  3     -                          012345abcdef
`),
    )
  })

  it('goes on where a page ended', async () => {
    const seen: string[] = []
    let page = await run('releases', '--limit', '3')
    seen.push(...names(page.stdout))
    const mark = /more follow: the same command with --after (\S+)\n$/.exec(page.stdout)?.[1] ?? ''
    page = await run('releases', '--limit', '3', '--after', mark)
    seen.push(...names(page.stdout))
    expect([seen, page.stdout.includes('more follow')]).toEqual([['acme/2', 'acme/1', 'karl/3.30', 'karl/3.29'], false])
    expect(await run('releases', '--limit', '3', '--after', 'nonsense')).toMatchObject({ code: 64 })
    expect(await run('releases', '--limit', '0')).toMatchObject({ code: 64 })
  })

  it('says what to do when there are none', async () => {
    expect(await run('releases', 'zope')).toEqual(
      said('no release of zope is frozen; make one with: firn freeze zope/RELEASE -r requirements.txt\n'),
    )
  })
})

describe('firn show', () => {
  it('tells what is in a release, from where and since when', async () => {
    expect(await run('show', 'acme/1')).toEqual(
      said(`acme/1
  frozen   YYYY-MM-DD HH:MM UTC by anonymous
  digest   sha256:DIGEST
  base     karl/3.29 (3.30 is newer)
  targets  cp311-manylinux_x86_64
  index    URL/index/acme/1/
  install  pip install --index-url URL/index/acme/1/ --require-hashes -r URL/index/acme/1/requirements.txt

3 projects, 4 files, ${kilobytes} kB
  PROJECT  VERSION  FILES         FROM    SINCE (UTC)       WHERE
  karl     3.29     wheel         upload  YYYY-MM-DD HH:MM
  lxml     4.9      wheel, sdist  upload  YYYY-MM-DD HH:MM
  old      1.0      wheel         upload  YYYY-MM-DD HH:MM  python_version < "3.12"

instead of what the base has
  lxml 4.8 -> 4.9
`),
    )
  })

  it.each([
    ['requirements', 'requirements.txt'],
    ['constraints', 'constraints.txt'],
    ['versions.cfg', 'versions.cfg'],
    ['manifest', 'manifest.json'],
    ['pylock', 'pylock.toml'],
    ['sbom', 'sbom.cdx.json'],
    ['signature', 'manifest.json.sig'],
  ])('prints it as %s', async (format, document) => {
    const { text } = await ask(server.url, `/index/karl/3.30/${document}`)
    expect(await firn(['show', 'karl/3.30', '--format', format], { FIRN_URL: server.url })).toEqual(said(text))
  })

  it('refuses what is not there', async () => {
    expect(await run('show', 'karl/4')).toEqual({
      code: 66,
      stdout: '',
      stderr: 'error: No such release: karl/4\nhint: what there is: firn releases karl\n',
    })
    expect(await run('show', 'karl/4', '--format', 'manifest')).toMatchObject({ code: 66, stdout: '' })
    expect(await run('show', 'karl')).toMatchObject({ code: 65, stdout: '' })
    expect(await run('show', 'karl/3.30', '--format', 'docx')).toMatchObject({ code: 64, stdout: '' })
    const both = await run('show', 'karl/3.30', '--format', 'sbom', '--json')
    expect([both.code, JSON.parse(both.stdout)]).toEqual([
      64,
      expect.objectContaining({ code: 'usage', detail: '--json and --format do not go together' }),
    ])
  })
})

describe('firn diff', () => {
  it('shows how releases differ, and exits with 2', async () => {
    expect(await run('diff', 'acme/1', 'acme/2')).toEqual(
      said(
        `acme/1 -> acme/2

added (1)
  zope.Interface  5.10

removed (1)
  old  1.0

up (1)
  karl  3.29 -> 3.30
    - requires lxml>=4
    + requires lxml>=4.9
    + requires zope.Interface

base
  karl/3.29 -> karl/3.30
`,
        2,
      ),
    )
    expect(await run('diff', 'karl/3.30', 'karl/3.30')).toEqual(said('karl/3.30 and karl/3.30 have the same in them\n'))
  })

  it('shows how an installation differs from a release', async () => {
    const installed = join(directory, 'installed.txt')
    await writeFile(installed, 'karl==3.30\nlxml==5.0\nzope.interface==5.10\npip==24.0\n')
    const result = await run('diff', 'karl/3.30', '-r', installed)
    expect(result).toEqual(
      said(`karl/3.30 -> ${installed}\n\nadded (1)\n  pip  24.0\n\nup (1)\n  lxml  4.9 -> 5.0\n`, 2),
    )
    const locked = join(directory, 'requirements.txt')
    await writeFile(locked, (await run('show', 'karl/3.30', '--format', 'constraints')).stdout)
    expect(await run('diff', 'karl/3.30', '-r', locked)).toEqual(said(`${locked} has what karl/3.30 has\n`))
  })

  it('refuses what cannot be compared', async () => {
    const loose = join(directory, 'loose.txt')
    await writeFile(loose, 'karl>=3\n')
    expect(await run('diff', 'karl/3.30', '-r', loose)).toMatchObject({ code: 65, stdout: '' })
    expect(await run('diff', 'karl/3.30')).toMatchObject({ code: 64, stdout: '' })
    expect(await run('diff', 'karl/3.30', 'karl/4')).toMatchObject({ code: 66, stdout: '' })
  })
})

describe('firn where-used', () => {
  it('leads from a project to the releases that have it, and to those laid over them', async () => {
    expect(await run('where-used', 'lxml')).toEqual(
      said(`lxml 4.9  lxml-4.9-py3-none-any.whl  sha256:012345abcdef
lxml 4.9  lxml-4.9.tar.gz            sha256:012345abcdef
    RELEASE    FROZEN (UTC)      BASE
    acme/1     YYYY-MM-DD HH:MM  karl/3.29
    karl/3.30  YYYY-MM-DD HH:MM  -
      acme/2   YYYY-MM-DD HH:MM  karl/3.30

lxml 4.8  lxml-4.8-py3-none-any.whl  sha256:012345abcdef
    RELEASE    FROZEN (UTC)      BASE
    karl/3.29  YYYY-MM-DD HH:MM  -

in no release: 1 file
lxml 5.0  lxml-5.0-py3-none-any.whl  sha256:012345abcdef
`),
    )
  })

  it('asks for versions, files and digests', async () => {
    const { files } = await json('lxml<4.9')
    expect(files.map(({ filename, releases }) => [filename, releases.map(({ release }) => release)])).toEqual([
      ['lxml-4.8-py3-none-any.whl', ['3.29']],
    ])
    expect((await json('lxml-4.8-py3-none-any.whl')).files).toEqual(files)
    expect((await json(`sha256:${files[0]?.sha256 ?? ''}`)).files).toEqual(files)
    expect((await json(files[0]?.sha256.slice(0, 12) ?? '')).files).toEqual(files)
    expect(await run('where-used', 'lxml>9')).toEqual(
      said('the pool has no file of lxml>9; ask for the project alone to see its versions\n'),
    )
  })

  it.each(['nothing', 'nothing-1.0.tar.gz', 'a'.repeat(64), 'sha256:abcdef'])(
    'says that there is no %s',
    async (what) => {
      const { code, stdout, stderr } = await run('where-used', what)
      expect([code, stdout]).toEqual([what.endsWith('abcdef') ? 64 : 66, ''])
      expect(stderr).toMatch(/^error: .*\nhint: .*\n$/)
    },
  )
})

describe('firn log', () => {
  it('shows what was changed last, the newest last, and how to see what was before', async () => {
    const { code, stdout } = await run('log', '--product', 'acme')
    expect([code, stdout.replaceAll(/^\d+ +/gm, 'N  ')]).toEqual([
      0,
      `EVENT  WHEN (UTC)        BY         WHAT    WHICH
N  YYYY-MM-DD HH:MM  anonymous  freeze  acme/1
N  YYYY-MM-DD HH:MM  anonymous  freeze  acme/2
`,
    ])
    const last = await run('log', '--limit', '1', '--project', 'lxml')
    const before = /older ones: the same command with --before (\d+)\n$/.exec(last.stdout)?.[1] ?? ''
    const older = await run('log', '--project', 'lxml', '--before', before, '--json')
    const { events } = JSON.parse(older.stdout) as { events: { subject: string }[] }
    expect(events.every(({ subject }) => subject.startsWith('lxml-'))).toBe(true)
    expect(events.length).toBe(3)
  })

  it('says so when there is nothing, and refuses what is no day', async () => {
    const none = said('nothing of that kind is in the log; firn log alone shows its end\n')
    expect(await run('log', '--actor', 'nobody')).toEqual(none)
    expect(await run('log', '--until', '2020-01-01')).toEqual(none)
    expect(await run('log', '--since', 'yesterday')).toMatchObject({ code: 64, stdout: '' })
    expect(await run('log', '--limit', 'x')).toMatchObject({ code: 64, stdout: '' })
  })
})
