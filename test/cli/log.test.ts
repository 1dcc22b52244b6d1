import type SQLite from 'better-sqlite3'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogHead } from '../../pool/proof/log-head.ts'
import { lineDigest, lineMessage, type LogLine } from '../../pool/proof/log-line.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { editDatabase } from '../support/edit-database.ts'
import { freeze } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { aSigner } from '../support/signer.ts'

const karl = makeWheel({ name: 'karl', version: '3.30' })
const zope = makeWheel({ name: 'zope.interface', version: '8.5' })

let server: TestServer
let directory: string
let key: string
beforeEach(async () => {
  server = await startServer()
  directory = await temporaryDirectory()
  key = server.store.signer.key.id
  await uploadAll(server.url, [karl, zope])
  await freeze(server.url, 'karl/3.30', 'karl==3.30')
})
afterEach(async () => {
  await rm(directory, { recursive: true })
  await cleanStop(server)
})

/** Runs firn; the server is shown as `URL`, the directory as `DIR`, its key as `KEY`, every time as `TIME`. */
async function run(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(argv, { FIRN_URL: server.url })
  const shown = (text: string) =>
    text
      .replaceAll(server.url, 'URL')
      .replaceAll(directory, 'DIR')
      .replaceAll(key.slice(0, 16), 'KEY')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…')
  return { code, stdout: shown(stdout), stderr: shown(stderr) }
}

const trust = '  key KEY: trusted because the server says so; pin it with --key\n'

function wrong(problems: readonly string[], lines: number, rest = ''): CommandResult {
  const many = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const stdout = `the log of URL does not hold: ${many} in ${lines} line${lines === 1 ? '' : 's'}\n${problems.map((each) => `  ${each}\n`).join('')}${rest}${trust}`
  return { code: 2, stdout, stderr: '' }
}

async function keptHead(name = 'head.json'): Promise<string> {
  const { stdout } = await firn(['log', 'head'], { FIRN_URL: server.url })
  await writeFile(join(directory, name), stdout)
  return join(directory, name)
}

type Row = Omit<LogLine, 'facts' | 'key' | 'signature'> & { readonly facts: string }

/** Rewrites the log from its start, each line with the digest that it must have. */
function rewrite(
  database: SQLite.Database,
  change: (row: Row) => Partial<Row>,
  sign?: (message: Buffer) => string,
): void {
  const rows = database.prepare('select * from events order by sequence').all() as Row[]
  let { previous } = rows[0] ?? { previous: '' }
  for (const row of rows) {
    const changed = { ...row, ...change(row), previous }
    const digest = lineDigest({ ...changed, facts: JSON.parse(changed.facts) as LogLine['facts'] })
    database
      .prepare('update events set subject = ?, actor = ?, previous = ?, digest = ? where sequence = ?')
      .run(changed.subject, changed.actor, previous, digest, row.sequence)
    if (sign)
      database
        .prepare('update event_signatures set signature = ? where sequence = ?')
        .run(sign(lineMessage({ sequence: row.sequence, digest })), row.sequence)
    previous = digest
  }
}

describe('a log that nobody has touched', () => {
  it('holds', async () => {
    expect(await run('log', 'verify')).toEqual({
      code: 0,
      stdout: `the log of URL holds: 4 lines\n  head  sha256:…, signed by KEY\n${trust}`,
      stderr: '',
    })
  })

  it('holds against a pinned key, and a head that was kept before it grew', async () => {
    const head = await keptHead()
    await uploadAll(server.url, [makeWheel({ name: 'more', version: '1.0' })])
    const pem = join(directory, 'firn.pem')
    await writeFile(pem, (await firn(['keys', key.slice(0, 8)], { FIRN_URL: server.url })).stdout)
    const expected = `the log of URL holds: 5 lines
  head  sha256:…, signed by KEY
  DIR/head.json: up to line 4 nothing has changed since TIME
  key KEY: given with --key
`
    for (const pin of [pem, key, key.slice(0, 12), `sha256:${key}`]) {
      expect(await run('log', 'verify', '--head', head, '--key', pin)).toEqual({
        code: 0,
        stdout: expected,
        stderr: '',
      })
    }
  })

  it('is said as JSON for programs', async () => {
    const { code, stdout } = await firn(['log', 'verify', '--json'], { FIRN_URL: server.url })
    const { sequence, digest } = await server.store.records.lastEvent()
    const answer = JSON.parse(stdout) as { head: LogHead }
    expect([code, answer]).toEqual([
      0,
      {
        holds: true,
        lines: 4,
        head: { sequence, digest, at: answer.head.at, key, signature: answer.head.signature },
        keys: [key],
        pinned: false,
        problems: [],
      },
    ])
  })
})

describe('what firn log verify finds', () => {
  it('a line that was changed', async () => {
    editDatabase(server.data, `update events set actor = 'somebody else' where sequence = 2`)
    expect(await run('log', 'verify')).toEqual(
      wrong(['line 2 has been changed: its digest is not that of what it says'], 4),
    )
  })

  it('facts that are no JSON any more', async () => {
    editDatabase(server.data, `update events set facts = '{' where sequence = 3`)
    expect(await run('log', 'verify')).toEqual(
      wrong(['line 3 has been changed: its digest is not that of what it says'], 4),
    )
  })

  it('a line that was taken out', async () => {
    editDatabase(server.data, 'delete from events where sequence = 2')
    expect(await run('log', 'verify')).toEqual(wrong(['line 2 is missing'], 3))
  })

  it('a line that was taken out, and the others moved up', async () => {
    editDatabase(
      server.data,
      'delete from events where sequence = 2; update events set sequence = sequence - 1 where sequence > 2; update event_signatures set sequence = sequence + 100 where sequence = 2; update event_signatures set sequence = sequence - 1 where sequence in (3, 4)',
    )
    expect(await run('log', 'verify')).toEqual(
      wrong(
        [
          'line 2 does not follow on line 1: it names another digest as the one before it',
          'line 2 has a signature that is not one of key KEY',
          'line 3 has a signature that is not one of key KEY',
        ],
        3,
      ),
    )
  })

  it('a signature that was taken away, or put in the place of another', async () => {
    editDatabase(
      server.data,
      'delete from event_signatures where sequence = 1; update event_signatures set signature = (select signature from event_signatures where sequence = 3) where sequence = 2',
    )
    expect(await run('log', 'verify')).toEqual(
      wrong(['line 1 is not signed', 'line 2 has a signature that is not one of key KEY'], 4),
    )
  })

  it('a log that was written anew, by its signatures and by a head that was kept', async () => {
    const head = await keptHead()
    editDatabase(server.data, (database) =>
      rewrite(database, ({ sequence }) => (sequence === 3 ? { subject: 'nothing' } : {})),
    )
    expect(await run('log', 'verify', '--head', head)).toEqual(
      wrong(
        [
          'line 3 has a signature that is not one of key KEY',
          'line 4 has a signature that is not one of key KEY',
          'DIR/head.json at TIME line 4 was another: the log up to it has been rewritten since',
        ],
        4,
      ),
    )
  })

  it('a log that was written anew by who has the key, by a head that was kept', async () => {
    const heads = [await keptHead('october.json')]
    editDatabase(server.data, (database) =>
      rewrite(database, ({ sequence }) => (sequence === 2 ? { subject: 'nothing' } : {}), server.store.signer.sign),
    )
    heads.push(await keptHead('november.json'))
    expect((await run('log', 'verify')).code).toBe(0)
    expect(await run('log', 'verify', ...heads.flatMap((head) => ['--head', head]))).toEqual(
      wrong(
        ['DIR/october.json at TIME line 4 was another: the log up to it has been rewritten since'],
        4,
        '  DIR/november.json: up to line 4 nothing has changed since TIME\n',
      ),
    )
  })

  it('lines taken away at the end, by a head that was kept', async () => {
    const head = await keptHead()
    editDatabase(server.data, 'delete from events where sequence > 2; delete from event_signatures where sequence > 2')
    expect((await run('log', 'verify')).code).toBe(0)
    expect(await run('log', 'verify', '--head', head)).toEqual(
      wrong(['DIR/head.json at TIME the log had 4 lines, and now has 2: 2 at its end have been taken away'], 2),
    )
  })

  it('a log that is not there any more', async () => {
    const head = await keptHead()
    editDatabase(server.data, 'delete from events; delete from event_signatures')
    expect((await run('log', 'verify', '--head', head)).stdout).toContain(
      'DIR/head.json at TIME the log had 4 lines, and now has 0: 4 at its end have been taken away\n',
    )
  })

  it('a key that is not the one that was pinned', async () => {
    const other = join(directory, 'other.pem')
    await writeFile(other, aSigner().key.pem)
    const { code, stdout } = await run('log', 'verify', '--key', other)
    expect([code, stdout.split('\n').slice(0, 3)]).toEqual([
      2,
      [
        'the log of URL does not hold: 5 problems in 4 lines',
        "  the server's head is signed with key KEY, which is not one that is trusted",
        '  line 1 is signed with key KEY, which is not one that is trusted',
      ],
    ])
  })

  it('a head whose signature is not that of the server', async () => {
    const head = await keptHead()
    const { stdout } = await firn(['log', 'head'], { FIRN_URL: server.url })
    await writeFile(head, JSON.stringify({ ...(JSON.parse(stdout) as object), at: '2020-01-01T00:00:00.000Z' }))
    expect(await run('log', 'verify', '--head', head)).toEqual(
      wrong(['DIR/head.json has a signature that is not one of key KEY'], 4),
    )
  })
})

it('refuses a head that is none, and a key that is none or not known', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '{"sequence":-1}')
  expect(await run('log', 'verify', '--head', file)).toEqual({
    code: 65,
    stdout: '',
    stderr: 'error: File does not hold the head of a log: DIR/file\nhint: keep one with: firn log head > head.json\n',
  })
  expect(await run('log', 'verify', '--key', file)).toEqual({
    code: 65,
    stdout: '',
    stderr: 'error: Key is not an Ed25519 key: DIR/file: it is no key in PEM\n',
  })
  expect(await run('keys', 'ffffffffffffffffff')).toEqual({
    code: 66,
    stdout: '',
    stderr: 'error: No such key: ffffffffffffffffff\nhint: known are KEY\n',
  })
  const { code, stdout } = await run('log', 'verify', '--key', 'ffffffffffffffffff', '--json')
  expect([code, JSON.parse(stdout)]).toMatchObject([66, { code: 'key-unknown' }])
  await writeFile(file, '[]')
  expect(JSON.parse((await run('log', 'verify', '--head', file, '--json')).stdout)).toMatchObject({
    code: 'head-invalid',
  })
})

it('prints the keys', async () => {
  const [known] = await server.store.records.keys()
  expect((await firn(['keys'], { FIRN_URL: server.url })).stdout).toBe(
    `${key.slice(0, 16)}  since ${known?.since}, signs now\nsha256:${key}\n${known?.pem}`,
  )
  expect(JSON.parse((await firn(['keys', '--json'], { FIRN_URL: server.url })).stdout)).toEqual({
    keys: [{ ...known, current: true }],
  })
})
