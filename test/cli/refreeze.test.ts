import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { readManifest, type Manifest } from '../../pool/manifest.ts'
import type { RefreezeEvent } from '../../pool/refreeze-event.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, upload } from '../support/requests.ts'
import { firn, startServer, type CommandResult, type TestServer } from '../support/server.ts'

const versions = (name: string, ...all: readonly string[]) => all.map((version) => makeWheel({ name, version }))
const lately = makeWheel({ name: 'lxml', version: '5.2', tag: 'cp311-cp311-manylinux_2_17_x86_64' })
const target = 'cp311-manylinux_x86_64'
/** As long as a release's name may be. */
const long = `1.${'0'.repeat(62)}`

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  const files = [
    ...versions('karl', '3.30', '3.31'),
    ...versions('lxml', '4.9', '5.2', '5.3'),
    ...versions('zodb', '5'),
  ]
  await uploadAll(server.url, [...files, ...versions('acme', '1')])
  await run('freeze', 'karl/3.30', 'karl==3.30', 'lxml==4.9', 'zodb==5', '--target', target, '-t', 'cp312-win_amd64')
  await run('freeze', 'karl/3.31', 'karl==3.31', 'lxml==5.3', '--target', target)
  await run('freeze', 'acme/2026.11.1', '--base', 'karl/3.30', 'lxml==5.2', 'acme==1')
  await run('freeze', 'globex/7', '--base', 'karl/3.30', '--without', 'zodb', '--target', target)
  await run('freeze', `initech/${long}`, '--base', 'karl/3.30')
  await run('freeze', 'alone/1', 'zodb==5', '--target', target)
  await upload(server.url, lately)
})
afterAll(() => cleanStop(server))

function command(...argv: readonly string[]): Promise<CommandResult> {
  return firn(argv, { FIRN_URL: server.url, FIRN_PYTHON: '/nowhere' })
}

async function run(...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await command(...argv)
  if (code !== 0) throw new Error(stderr)
}

async function manifestOf(path: string): Promise<Manifest | number> {
  const { status, text } = await ask(server.url, `/index/${path}/manifest.json`)
  return status === 200 ? readManifest(text) : status
}

const tooLong = `Release name is not valid: "${long}+karl3.31"`

function table(outcome: string, last: string): string {
  const [from, to] = [`initech/${long}`.length, 'acme/2026.11.1+karl3.31'.length]
  const row = (...[a, b, c, d, e]: readonly [string, string, string, string, string]) =>
    `${a.padEnd(7)}  ${b.padEnd(from)}  ${c.padEnd(to)}  ${d.padEnd(7)}  ${e}`.trimEnd()
  return [
    row('PRODUCT', 'FROM', 'TO', 'OUTCOME', 'WHY'),
    row('acme', 'acme/2026.11.1', 'acme/2026.11.1+karl3.31', outcome, 'lxml: own 5.2, karl/3.31 has 5.3'),
    row('globex', 'globex/7', 'globex/7+karl3.31', outcome, 'zodb: left out, karl/3.31 has none'),
    row('initech', `initech/${long}`, '-', 'failed', tooLong),
    last,
    '',
  ].join('\n')
}

it('says what would become of each customer, and freezes nothing', async () => {
  expect(await command('refreeze', '--base', 'karl/3.31', '--dry-run')).toEqual({
    code: errors['freeze-refused'].exit,
    stdout: table('checked', 'dry run, nothing was frozen: 2 would be, 0 on that base already, 1 failed'),
    stderr: '',
  })
  expect(await manifestOf('acme/2026.11.1+karl3.31')).toBe(404)
})

it('lays what each has of its own over the new base, and says which fail and why', async () => {
  expect(await command('refreeze', '--base', 'karl/3.31')).toEqual({
    code: errors['freeze-refused'].exit,
    stdout: table('frozen', '2 releases frozen, 0 on that base already, 1 failed'),
    stderr: '',
  })
  const acme = await manifestOf('acme/2026.11.1+karl3.31')
  expect(await manifestOf('acme/2026.11.1%2Bkarl3.31')).toEqual(acme)
  expect(acme).toMatchObject({
    release: '2026.11.1+karl3.31',
    base: { product: 'karl', release: '3.31' },
    overrides: [{ name: 'lxml', from: '5.3', to: '5.2' }],
    targets: [target, 'cp312-win_amd64'],
    roots: ['acme==1', 'lxml==5.2'],
    pins: ['acme', 'karl', 'lxml'].map((name) => ({ name })),
    files: ['acme-1', 'karl-3.31', 'lxml-5.2'].map((stem) => ({ filename: `${stem}-py3-none-any.whl` })),
  })
  expect(await manifestOf('globex/7+karl3.31')).toMatchObject({ overrides: [], targets: [target], roots: [] })
  const again = await command('refreeze', '--base', 'karl/3.31', 'acme', 'globex', '--json')
  const events = again.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RefreezeEvent)
  const customers = ['acme/2026.11.1', 'globex/7'].map((from) => {
    const name = `${from}+karl3.31`
    return { product: from.split('/')[0], from: name, to: name }
  })
  expect([again.code, events]).toEqual([
    0,
    [
      { event: 'plan', base: 'karl/3.31', customers },
      ...customers.map((each) => ({ event: 'customer', ...each, problems: [], notes: [], outcome: 'same' })),
      { event: 'done', frozen: 0, same: 2, checked: 0, failed: 0 },
    ],
  ])
})

it('goes back to an earlier base under its name, as another release', async () => {
  const { code, stdout } = await command('refreeze', '-b', 'karl/3.30', 'globex', '--as', '{release}-again')
  expect([code, stdout.split('\n')[1]?.split(/\s+/).slice(0, 4)]).toEqual([
    0,
    ['globex', 'globex/7+karl3.31', 'globex/7-again', 'frozen'],
  ])
  const taken = await command('refreeze', '-b', 'karl/3.31', 'globex', '--as', '7')
  expect([taken.code, taken.stdout]).toEqual([
    errors['freeze-refused'].exit,
    expect.stringMatching(
      /^PRODUCT .*\nglobex {3}globex\/7-again  globex\/7  failed {3}Release is already frozen with other content: globex\/7\n {34,}not in the frozen release: karl-3.31/,
    ),
  ])
})

it('says of a product that is named why it is no customer', async () => {
  const { code, stdout } = await command('refreeze', '-b', 'karl/3.31', 'nobody', 'alone', '../x')
  expect([code, stdout]).toEqual([
    errors['freeze-refused'].exit,
    `PRODUCT  FROM     TO  OUTCOME  WHY
../x     -        -   failed   it has no release
alone    alone/1  -   failed   alone/1 is laid over no release
nobody   -        -   failed   it has no release
0 releases frozen, 0 on that base already, 3 failed
`,
  ])
})

it('has nothing to do for a base without customers', async () => {
  expect(await command('refreeze', '-b', 'alone/1')).toEqual({
    code: 0,
    stdout: 'no customer of alone/1\n0 releases frozen, 0 on that base already, 0 failed\n',
    stderr: '',
  })
})

describe('firn refreeze refuses', () => {
  it.each([
    ['no base', [], errors.usage.exit],
    ['a base that there is not', ['-b', 'karl/9'], errors['release-unknown'].exit],
    ['a base that is no release', ['-b', 'karl'], errors['release-name-invalid'].exit],
    ['a template of a path', ['-b', 'karl/3.31', '--as', '../{release}'], errors['release-name-invalid'].exit],
    ['a template of unknown parts', ['-b', 'karl/3.31', '--as', '{constructor}'], errors['release-name-invalid'].exit],
  ])('%s', async (_, argv, exit) => {
    expect((await command('refreeze', ...argv)).code).toBe(exit)
  })
})
