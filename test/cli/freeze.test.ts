import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { sha256, uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, json } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const karl = [makeWheel({ name: 'karl', version: '3.30' }), makeSdist({ name: 'karl', version: '3.30' })] as const
const zope = makeWheel({ name: 'zope.Interface', version: '5.10' })
const windows = makeWheel({ name: 'colorama', version: '0.4.6' })

let server: TestServer
let top: string
let directory: string
beforeAll(async () => {
  server = await startServer()
  top = await temporaryDirectory()
  await uploadAll(server.url, [...karl, zope, windows])
})
beforeEach(async () => {
  directory = await mkdtemp(join(top, 'x-'))
})
afterAll(async () => {
  await rm(top, { recursive: true })
  await cleanStop(server)
})

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text)
  return join(directory, name)
}

/** Runs `firn freeze`; its server is shown as `URL`, the directory of this test as `DIR`. */
async function freeze(...argv: readonly string[]): Promise<CommandResult> {
  const target = argv.includes('--target') ? [] : ['--target', 'cp311-manylinux_x86_64']
  const { code, stdout, stderr } = await firn(['freeze', ...argv, ...target], { FIRN_URL: server.url })
  const shown = (text: string) => text.replaceAll(directory, 'DIR').replaceAll(server.url, 'URL')
  return { code, stdout: shown(stdout), stderr: shown(stderr) }
}

async function page(path: string): Promise<string> {
  const { status, text } = await ask(server.url, path)
  return status === 200 ? text : String(status)
}

it('freezes a release and says how to install it', async () => {
  const requirements = await file('requirements.txt', '# all of it\nkarl==3.30\nzope.interface==5.10\n')
  const { code, stdout, stderr } = await freeze('karl/3.30', '-r', requirements)
  const digest = sha256(await page('/index/karl/3.30/manifest.json'))
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`frozen karl/3.30
  pins     2 projects, 3 files, ${((karl[0].bytes.length + karl[1].bytes.length + zope.bytes.length) / 1000).toFixed(1)} kB
  targets  cp311-manylinux_x86_64
  digest   sha256:${digest}
  index    URL/index/karl/3.30/
  install  pip install --index-url URL/index/karl/3.30/ --require-hashes -r URL/index/karl/3.30/requirements.txt
`)
  const again = await freeze('karl/3.30', '-r', requirements)
  expect(again).toEqual({
    code: 0,
    stdout: stdout.replace('frozen karl', 'already frozen, with the same content: karl'),
    stderr: '',
  })
})

it('takes a buildout configuration, several files and arguments together', async () => {
  const buildout = await file('versions.cfg', '[buildout]\nextends =\n\n[versions]\nzope.interface = 5.10\n')
  const plain = await file('versions-2.cfg', '[versions]\n# comment\nzope.interface = 5.10\n')
  const requirements = await file('requirements.txt', 'zope.interface==5.10\n')
  const result = await freeze('karl/all', '-r', plain, '-r', requirements, 'karl==3.30')
  expect([result.code, result.stderr]).toEqual([0, ''])
  const { pins } = JSON.parse(await page('/index/karl/all/manifest.json')) as { pins: { name: string }[] }
  expect(pins.map(({ name }) => name)).toEqual(['karl', 'zope.Interface'])
  expect((await freeze('karl/extends', '-r', buildout)).code).toBe(0)
})

it('makes nothing in a dry run, and says what it would', async () => {
  const { code, stdout } = await freeze('karl/dry', 'karl==3.30', '--dry-run')
  expect([code, await page('/index/karl/dry/')]).toEqual([0, '404'])
  expect(stdout).toBe(`dry run, nothing was frozen: karl/dry
  karl==3.30
  pins     1 project, 2 files, ${((karl[0].bytes.length + karl[1].bytes.length) / 1000).toFixed(1)} kB
  targets  cp311-manylinux_x86_64
`)
})

it('prints the whole answer as JSON for programs', async () => {
  const { code, stdout } = await freeze('karl/json', 'karl==3.30', '--json')
  const text = await page('/index/karl/json/manifest.json')
  const envelope = json(await ask(server.url, '/index/karl/json/manifest.json.sig')) as {
    signatures: { keyid: string; sig: string }[]
  }
  expect(envelope.signatures).toHaveLength(1)
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      release: 'karl/json',
      outcome: 'frozen',
      digest: sha256(text),
      path: '/index/karl/json/',
      notices: [],
      signatures: envelope.signatures.map(({ keyid, sig }) => ({ key: keyid, signature: sig })),
      manifest: JSON.parse(text) as object,
    },
  ])
})

it('refuses other content under a frozen name, and says how it differs', async () => {
  await freeze('karl/taken', 'karl==3.30')
  const before = await page('/index/karl/taken/manifest.json')
  const expected = `error: Release is already frozen with other content: karl/taken
  not in the frozen release: ${zope.filename}
  only in the frozen release: ${karl[0].filename}
  only in the frozen release: ${karl[1].filename}
  requirement, not in the frozen release: zope.interface==5.10
  requirement, only in the frozen release: karl==3.30
hint: a frozen release never changes: freeze under a new name
`
  for (const more of [[], ['--dry-run']]) {
    expect(await freeze('karl/taken', 'zope.interface==5.10', ...more)).toEqual({
      code: 73,
      stdout: '',
      stderr: expected,
    })
  }
  expect(await page('/index/karl/taken/manifest.json')).toBe(before)
})

describe('what keeps a release from being frozen', () => {
  it('is all said at once, each with its file and line', async () => {
    const requirements = await file(
      'requirements.txt',
      ['karl==3.31', 'missing==1.0', '-e git+https://example.org/x.git', 'loose>=1', 'zope.interface==5.10'].join('\n'),
    )
    const versions = await file('versions.cfg', '[versions]\nzope.interface = 5.11\nnothing = >1\n')
    const { code, stdout, stderr } = await freeze('karl/bad', '-r', requirements, '-r', versions)
    expect([code, stdout, await page('/index/karl/bad/')]).toEqual([65, '', '404'])
    expect(stderr).toMatchInlineSnapshot(`
      "error: Release cannot be frozen: 6 problems
        DIR/requirements.txt:1: karl==3.31: the pool has 3.30 of karl, not 3.31
        DIR/requirements.txt:2: missing==1.0: the pool has no file of missing
          bring what is lacking into the pool: firn fetch with the same arguments, or firn upload
        DIR/requirements.txt:3: "-e git+https://example.org/x.git" is a repository, not a version
          pip wheel --no-deps --wheel-dir dist git+https://example.org/x.git && firn upload dist/, and write x==VERSION; if the pool holds it already: --use x==VERSION
        DIR/requirements.txt:4: "loose>=1" is not pinned
          write loose==VERSION, give constraints with -c, or have versions chosen with --resolve
        DIR/requirements.txt:5: zope.interface==5.10 here, but zope.interface==5.11 in DIR/versions.cfg:2
          a release holds one version of a project: keep one of them
        DIR/versions.cfg:3: "nothing = >1" is not pinned
          write nothing==VERSION, give constraints with -c, or have versions chosen with --resolve
      "
    `)
  })

  it('can be a file that is no pin list', async () => {
    const readme = await file('README.txt', '# nothing\n')
    expect(await freeze('karl/bad', '-r', readme)).toMatchInlineSnapshot(`
      {
        "code": 65,
        "stderr": "error: Release cannot be frozen: 1 problem
        DIR/README.txt:1: no pin is in it
          give requirements, constraints, a buildout configuration, the lock of uv, poetry, pdm or pip, or a virtualenv
      ",
        "stdout": "",
      }
    `)
  })

  it('can be a file that is not there, or is no text', async () => {
    expect((await freeze('karl/bad', '-r', join(directory, 'missing.txt'))).stderr).toBe(
      'error: Input cannot be read: DIR/missing.txt: there is no such file or directory\n',
    )
    await writeFile(join(directory, 'binary.txt'), Buffer.from([0xff, 0xfe, 0]))
    expect(await freeze('karl/bad', '-r', join(directory, 'binary.txt'))).toEqual({
      code: 66,
      stdout: '',
      stderr: 'error: Input cannot be read: DIR/binary.txt: it is no UTF-8 text, but UTF-16: save it as UTF-8\n',
    })
  })

  it('can be hashes that are those of no file in the pool', async () => {
    const wrong = await file('requirements.txt', `karl==3.30 \\\n    --hash=sha256:${'a'.repeat(64)}\n`)
    const { code, stderr } = await freeze('karl/bad', '-r', wrong)
    expect([code, stderr]).toEqual([
      65,
      `error: Release cannot be frozen: 1 problem
  DIR/requirements.txt:1: karl==3.30: no file that the pool holds of it has a hash that is stated here
    the file that the hashes were made of is another one: find out which is right
`,
    ])
  })

  it('can be a target that is none', async () => {
    const { code, stderr } = await freeze('karl/bad', 'karl==3.30', '--target', 'python3')
    expect([code, stderr]).toEqual([
      64,
      `error: Target is not valid: "python3"
hint: write PYTHON-PLATFORM, as cp311-manylinux_x86_64, cp313-macosx_arm64 or cp312-win_amd64
`,
    ])
  })
})

it('freezes those files alone that have a stated hash', async () => {
  const stated = await file('requirements.txt', `karl==3.30 --hash=sha256:${sha256(karl[1].bytes)}\n`)
  await freeze('karl/hashes', '-r', stated, '--waive', 'setuptools: nothing is built here')
  const text = await page('/index/karl/hashes/karl/')
  expect([text.includes(karl[1].filename), text.includes(karl[0].filename)]).toEqual([true, false])
})

it('leaves out what a marker keeps off all targets, and says so', async () => {
  const text = 'karl==3.30\ncolorama==0.4.6 ; sys_platform == "win32"\n'
  const requirements = await file('requirements.txt', text)
  const linux = await freeze('karl/linux', '-r', requirements)
  expect(linux.stdout.split('\n')[0]).toBe(
    'note: DIR/requirements.txt:2: colorama==0.4.6 ; sys_platform == "win32" is left out: its marker holds on no target (cp311-manylinux_x86_64)',
  )
  const both = await freeze(
    'karl/both',
    '-r',
    requirements,
    '--target',
    'cp311-manylinux_x86_64',
    '-t',
    'cp312-win_amd64',
  )
  expect([both.code, both.stdout.startsWith('frozen karl/both\n')]).toEqual([0, true])
  expect([await page('/index/karl/linux/colorama/'), await page('/index/karl/both/constraints.txt')]).toEqual([
    '404',
    expect.stringContaining('colorama==0.4.6 ; sys_platform == "win32"\n'),
  ])
})
