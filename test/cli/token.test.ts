import { stat, rm, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { main } from '../../cli/main.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { writeFiles } from '../clients/workplace.ts'
import {
  firn,
  spawnServer,
  startServer,
  temporaryDirectory,
  type CommandResult,
  type TestServer,
} from '../support/server.ts'

let server: TestServer
let home: string
let admin: string
beforeAll(async () => {
  home = await temporaryDirectory()
  const data = join(home, 'data')
  const made = await firn(['token', 'create', 'first', '--scope', 'admin', '--data', data])
  admin = made.stdout.split('\n')[0] ?? ''
  server = await startServer({ data, access: { writes: 'token' } })
})
afterAll(async () => {
  await cleanStop(server)
  await rm(home, { recursive: true })
})

function command(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return firn(argv, { HOME: home, FIRN_URL: server.url, ...env })
}

/** `firn login` with a token piped in. */
async function login(token: string): Promise<CommandResult> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await main(['login'], {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    stdin: Readable.from([`${token}\n`]),
    env: { HOME: home, FIRN_URL: server.url },
    signal: new AbortController().signal,
  })
  return { code, stdout: out.join(''), stderr: err.join('') }
}

it('is made, shown once, listed and revoked', async () => {
  const made = await command(['token', 'create', 'ci', '-s', 'upload:Karl', '-s', 'freeze:karl', '-e', '90d'], {
    FIRN_TOKEN: admin,
  })
  const [token = '', ...lines] = made.stdout.split('\n')
  expect([made.code, made.stderr, /^firn_[0-9a-f]{12}_[\w-]{43}$/.test(token)]).toEqual([0, '', true])
  const id = token.slice(5, 17)
  expect(lines.join('\n').replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, 'DAY'))
    .toBe(`  shown this once; give it as FIRN_TOKEN, with firn login, or as the password of the user __token__
  id       ${id}
  name     ci
  scopes   freeze:karl upload:karl
  expires  DAY UTC
`)
  const list = await command(['token', 'list'], { FIRN_TOKEN: admin })
  expect(list.stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'DAY').replaceAll(/^[0-9a-f]{12}/gm, 'ID')).toBe(
    `ID            NAME   SCOPES                   LAST USED (UTC)   EXPIRES (UTC)
ID  first  admin                    DAY  never
ID  ci     freeze:karl upload:karl  never             DAY
`,
  )
  const revoke = ['token', 'revoke', id]
  expect(await command(revoke, { FIRN_TOKEN: token })).toMatchObject({ code: 77, stdout: '' })
  expect((await command(revoke, { FIRN_TOKEN: admin })).stdout).toBe(`${id} is revoked\n`)
  expect((await command(revoke, { FIRN_TOKEN: admin })).stdout).toBe(`${id} was revoked already\n`)
  expect((await command(['token', 'list'], { FIRN_TOKEN: token })).stderr).toBe(
    'error: Token does not hold: it was revoked\nhint: make another: firn token create\n',
  )
})

it('is kept by firn login, for its owner alone, and used until firn logout', async () => {
  expect((await command(['token', 'list'])).stderr).toMatch(/^error: A token is needed: with the scope admin\nhint: /)
  const path = join(home, '.config', 'firn', 'credentials.json')
  expect(await login(admin)).toEqual({
    code: 0,
    stdout: `logged in at ${server.url} as token first (${admin.slice(5, 17)}); kept in ${path}\n`,
    stderr: '',
  })
  expect([(await stat(path)).mode & 0o777, JSON.parse(await readFile(path, 'utf8'))]).toEqual([
    0o600,
    { [server.url]: admin },
  ])
  expect((await command(['token', 'list'])).code).toBe(0)
  expect((await command(['logout'])).stdout).toBe(`nothing is kept for ${server.url} any more (${path})\n`)
  expect((await command(['token', 'list'])).code).toBe(77)
})

it('that does not hold is not kept', async () => {
  expect(await login(`${admin.slice(0, -1)}~`)).toMatchObject({ code: 77, stdout: '' })
  expect(await login(`${admin.slice(0, -1)}${admin.endsWith('A') ? 'B' : 'A'}`)).toMatchObject({ code: 77, stdout: '' })
  expect(await login('')).toMatchObject({ code: 64, stderr: expect.stringContaining('no token was given') as string })
})

it.each([
  [['token', 'create', 'x', '-s', 'all'], 64, 'Scope is not valid: "all"'],
  [['token', 'create', 'x', '-s', 'read', '-e', 'soon'], 64, 'It is a time such as 12h, 90d'],
  [['token', 'create', 'x'], 64, "required option '-s, --scope <scope>' not specified"],
  [['token', 'create', ' ', '-s', 'read'], 64, 'a name is 1 to 100 letters'],
  [['token', 'revoke', 'nothing'], 66, 'No such token: nothing'],
])('%j is refused', async (argv, code, message) => {
  const result = await command(argv, { FIRN_TOKEN: admin })
  expect([result.code, result.stdout]).toEqual([code, ''])
  expect(result.stderr).toContain(message)
})

it('of a new server is printed at its first start, and not again', async () => {
  const data = join(home, 'new')
  const first = await spawnServer(data, { FIRN_PRIVATE: 'acme, globex' })
  const token = /first token, .*: (firn_\S+)/.exec(first.output())?.[1] ?? ''
  expect((await firn(['token', 'list', '--url', first.url, '--token', token])).stdout).toContain('first  admin')
  const held = await firn(['token', 'create', 'x', '-s', 'read', '--data', data])
  expect([held.code, held.stderr]).toEqual([75, expect.stringContaining('Data directory is in use by another firn')])
  first.process.kill('SIGTERM')
  await first.ended
  const second = await spawnServer(data)
  expect(second.output()).not.toContain('first token')
  second.process.kill('SIGTERM')
  await second.ended
})

it('lets a file in for one product, by firn upload --private', async () => {
  const directory = await writeFiles(join(home, 'dist'), [makeWheel({ name: 'acme-theme', version: '1.0' })])
  const argv = ['upload', '--private', 'acme', directory]
  expect(await command(argv)).toMatchObject({ code: 77 })
  expect(await command(argv, { FIRN_TOKEN: admin })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^added {4}acme_theme-1\.0/) as string,
  })
  expect(await server.store.records.distribution('acme_theme-1.0-py3-none-any.whl')).toMatchObject({ product: 'acme' })
  expect(await command(['upload', '--private', 'No One', directory], { FIRN_TOKEN: admin })).toMatchObject({ code: 65 })
})
