import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, stagingEmpties } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const sdist = makeSdist({ name: 'karl', version: '3.30' })

let server: TestServer
let directory: string
beforeAll(async () => {
  server = await startServer({ uploadLimit: 1_000_000 })
})
beforeEach(async () => {
  directory = await temporaryDirectory()
})
afterEach(async () => {
  await rm(directory, { recursive: true })
  await stagingEmpties(server.data)
})
afterAll(() => cleanStop(server))

async function put(file: Built, ...below: readonly string[]): Promise<string> {
  const path = join(directory, ...below, file.filename)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, file.bytes)
  return path
}

/** Runs `firn upload`; paths of this test are shown as `DIR`. */
async function upload(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(['upload', ...argv], { FIRN_URL: server.url })
  return { code, stdout: stdout.replaceAll(directory, 'DIR'), stderr: stderr.replaceAll(directory, 'DIR') }
}

function lines({ stdout }: CommandResult): readonly string[] {
  return stdout.trimEnd().split('\n').toSorted()
}

it('puts a file into the pool, and says so; the same again is fine', async () => {
  const path = await put(wheel)
  expect(await upload(path)).toEqual({
    code: 0,
    stdout: `added    karl-3.30-py3-none-any.whl  ${wheel.bytes.length} B\n1 file in the pool\n`,
    stderr: '',
  })
  expect(await upload(path, path)).toEqual({
    code: 0,
    stdout: 'already  karl-3.30-py3-none-any.whl\n1 file in the pool\n',
    stderr: '',
  })
  const kept = await ask(server.url, `/pool/karl/${wheel.filename}`)
  expect(sha256(kept.body)).toBe(sha256(wheel.bytes))
})

it('puts all distributions below a directory into the pool, and leaves the rest', async () => {
  await put(wheel)
  await put(sdist, 'deep', 'er')
  await writeFile(join(directory, 'README.txt'), 'no distribution')
  await mkdir(join(directory, 'directory.whl'))
  const result = await upload(directory)
  expect([result.code, result.stderr, lines(result)]).toEqual([
    0,
    '',
    [
      '2 files in the pool',
      `added    ${sdist.filename}  ${sdist.bytes.length} B`,
      'already  karl-3.30-py3-none-any.whl',
    ],
  ])
})

it('prints JSON for programs, a line a file', async () => {
  const file = makeWheel({ name: 'for-programs', version: '1.0' })
  const { code, stdout } = await upload(await put(file), '--json')
  const printed = JSON.parse(stdout) as { uploadTime: string; metadataSha256: string }
  expect([code, printed]).toEqual([
    0,
    {
      event: 'uploaded',
      filename: file.filename,
      project: 'for-programs',
      name: 'for-programs',
      version: '1.0',
      kind: 'wheel',
      size: file.bytes.length,
      sha256: sha256(file.bytes),
      metadataSha256: printed.metadataSha256,
      requiresPython: null,
      uploadTime: printed.uploadTime,
      origin: null,
      product: null,
      yanked: null,
      provenanceSha256: null,
      outcome: 'added',
      clients: ['pip', 'uv', 'buildout', 'pip<22', 'buildout<4'],
    },
  ])
})

describe('what is refused', () => {
  it('is named with the reason, and the rest is uploaded', async () => {
    const other = makeWheel({ name: 'karl', version: '3.30', files: { 'more.py': '' } })
    const good = makeWheel({ name: 'good', version: '1.0' })
    const [bad, fine] = [await put(other), await put(good, 'more')]
    const result = await upload(bad, fine)
    expect([result.code, lines(result)]).toEqual([
      73,
      [
        '         a filename means one content for ever: what has changed is another version',
        '1 file in the pool, 1 refused',
        `added    good-1.0-py3-none-any.whl  ${good.bytes.length} B`,
        'refused  DIR/karl-3.30-py3-none-any.whl: File already exists with other content: karl-3.30-py3-none-any.whl',
      ],
    ])
  })

  it('is JSON for programs', async () => {
    const broken = { filename: 'broken-1.0.tar.gz', bytes: Buffer.from('<!DOCTYPE html>') }
    const { code, stdout } = await upload(await put(broken), '--json')
    expect([code, JSON.parse(stdout)]).toEqual([
      65,
      {
        event: 'refused',
        path: 'DIR/broken-1.0.tar.gz',
        code: 'archive-invalid',
        message: expect.stringMatching(/^Archive cannot be accepted: ./) as string,
        reason: 'format',
      },
    ])
  })

  it('can be a file that is too large', async () => {
    const large = { filename: 'large-1.0.zip', bytes: Buffer.alloc(8_000_000) }
    const result = await upload(await put(large))
    expect(result).toEqual({
      code: 65,
      stdout:
        'refused  DIR/large-1.0.zip: File is larger than this server accepts: the limit is 1000000 bytes\n' +
        '         its operator can have it take more: firn serve --max-upload MB\n' +
        '0 files in the pool, 1 refused\n',
      stderr: '',
    })
  })
})

describe('what cannot be uploaded', () => {
  it('is a path where nothing is', async () => {
    expect(await upload(join(directory, 'missing.whl'))).toMatchInlineSnapshot(`
      {
        "code": 66,
        "stderr": "error: Input cannot be read: DIR/missing.whl: there is no such file or directory
      ",
        "stdout": "",
      }
    `)
  })

  it('is a directory without distributions', async () => {
    await writeFile(join(directory, 'README.txt'), '')
    expect(await upload(directory)).toMatchInlineSnapshot(`
      {
        "code": 66,
        "stderr": "error: Input cannot be read: no distribution is in DIR
      hint: distributions end in .whl .egg .tar.gz .tgz .tar.bz2 .tbz .zip
      ",
        "stdout": "",
      }
    `)
  })

  it('is said as JSON for programs', async () => {
    const { code, stdout, stderr } = await upload(directory, '--json')
    expect([code, JSON.parse(stdout), stderr]).toEqual([
      66,
      {
        paths: ['DIR'],
        code: 'input-unreadable',
        title: 'Input cannot be read',
        detail: 'no distribution is in DIR',
        hint: 'distributions end in .whl .egg .tar.gz .tgz .tar.bz2 .tbz .zip',
      },
      '',
    ])
  })
})
