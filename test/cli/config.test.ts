import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Command, Option } from 'commander'
import { parse } from 'smol-toml'
import { applyConfig } from '../../cli/config/apply-config.ts'
import { fromHere } from '../../cli/config/find-config.ts'
import { printExample } from '../../cli/config/example.ts'
import { findConfig } from '../../cli/config/find-config.ts'
import { readConfig } from '../../cli/config/read-config.ts'
import { sections } from '../../cli/config/sections.ts'
import { serveCommand } from '../../cli/commands/serve.ts'
import { collect } from '../../cli/server-options.ts'
import { firn, temporaryDirectory, type CommandResult } from '../support/server.ts'

let top: string
let directory: string
beforeAll(async () => {
  top = await temporaryDirectory()
})
beforeEach(async () => {
  directory = await mkdtemp(join(top, 'x-'))
})
afterAll(() => rm(top, { recursive: true }))

async function file(text: string | Buffer, name = 'firn.toml'): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

/** `firn config check` of a file, which is shown as `FIRN.TOML`. */
async function check(path: string, ...more: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(['config', 'check', '--config', path, ...more])
  const shown = (text: string) =>
    text.replaceAll(path, 'FIRN.TOML').replaceAll(relative(process.cwd(), path), 'FIRN.TOML')
  return { code, stdout: shown(stdout), stderr: shown(stderr) }
}

describe('a firn.toml that is not valid', () => {
  it('is refused with every problem, its line, and what may stand there', async () => {
    const path = await file(`url = "ftp://x"
[serv]
[serve]
port = 80470
log = "xml"
prot = 1
[freeze]
targets = "cp311-manylinux_x86_64"
requirements = [1]
[policy]
yanked = "deny"
age = { least = "7 days", action = "refuse" }
licences = { allow = ["BSD"], akcion = "warn" }
[[policy.waivers]]
project = "lxml"
reason = "x"
by = "anna"
[[policy.waivers]]
project = "no name"
reason = ""
until = "soon"
who = "anna"
`)
    const { code, stdout, stderr } = await check(path)
    expect([code, stdout]).toEqual([78, ''])
    expect(stderr).toMatchInlineSnapshot(`
      "error: Configuration cannot be used: FIRN.TOML: 16 problems
        FIRN.TOML:1: url must be an http or https URL
        FIRN.TOML:2: unknown key serv
          did you mean serve? the file may have: fetch, freeze, policy, serve, url
        FIRN.TOML:4: serve.port must be a whole number from 0 to 65535
        FIRN.TOML:5: serve.log must be one of "text", "json", "none"
        FIRN.TOML:6: unknown key serve.prot
          did you mean port? [serve] may have: accel-redirect, data, host, log, max-connections, max-upload, max-uploads, min-age, port, private, public-url, pull-through, reads, signing-key, trusted-proxy, upstream, writes
        FIRN.TOML:8: freeze.targets must be a list of texts, as ["one", "two"]
        FIRN.TOML:9: freeze.requirements #1 must be a text in quotes
        FIRN.TOML:11: policy.yanked must be one of "refuse", "warn", "allow"
        FIRN.TOML:12: policy.age.least must be a time, as "36h", "7d" or "2w"
        FIRN.TOML:13: policy.licences.allow #1 must hold SPDX licence ids, as "BSD-3-Clause": "BSD" is none
        FIRN.TOML:13: unknown key policy.licences.akcion
          did you mean action? [policy.licences] may have: action, allow, refuse, unknown
        FIRN.TOML:18: policy.waivers #2.by is missing
        FIRN.TOML:19: policy.waivers #2.project must be the name of a project
        FIRN.TOML:20: policy.waivers #2.reason must not be empty
        FIRN.TOML:21: policy.waivers #2.until must be a day in quotes, as "2027-01-31"
        FIRN.TOML:22: unknown key policy.waivers #2.who
          [policy.waivers] may have: by, project, reason, rule, until
      "
    `)
  })

  it.each<[string, string | Buffer, string]>([
    ['no TOML', 'url = \n', 'FIRN.TOML:1: it is no TOML: '],
    ['a key twice', 'url = "http://a"\nurl = "http://b"\n', 'FIRN.TOML:2: it is no TOML: '],
    ['a table as a value', 'serve = 1\n', 'FIRN.TOML:1: serve must be a table'],
    ['a value as a table', '[url]\nx = 1\n', 'FIRN.TOML:1: url must be a text in quotes'],
    ['no UTF-8', Buffer.from([0x23, 0xff, 0xfe]), 'FIRN.TOML: it is no UTF-8 text'],
    ['a waiver alone', '[policy.waivers]\nproject = "x"\n', 'must be written as [[policy.waivers]] tables'],
    ['a huge number', '[serve]\nport = 99999999999999999999\n', 'it is no TOML'],
    [
      'a day that is none',
      '[[policy.waivers]]\nproject="x"\nreason="x"\nby="x"\nuntil="2027-02-30"',
      'must be a day in quotes',
    ],
  ])('can be %s', async (_, text, message) => {
    const { code, stdout, stderr } = await check(await file(text))
    expect([code, stdout]).toEqual([78, ''])
    expect(stderr).toMatch(/^error: Configuration cannot be used: FIRN\.TOML: /)
    expect(stderr).toContain(message)
  })

  it('can be a directory, or not there', async () => {
    await mkdir(join(directory, 'firn.toml'))
    expect((await check(join(directory, 'firn.toml'))).stderr).toBe(
      'error: Configuration cannot be used: FIRN.TOML: it is a directory\nhint: firn config example prints one\n',
    )
    expect((await check(join(directory, 'none.toml'))).stderr).toBe(
      'error: Configuration cannot be used: FIRN.TOML: there is no such file or directory\n' +
        'hint: firn config example prints one\n',
    )
  })

  it('keeps every command from running, and is a problem for programs too', async () => {
    const path = await file('nothing = 1\n')
    const argv = ['freeze', 'karl/1', 'karl==1', '--config', path, '--json']
    const { code, stdout } = await firn(argv)
    expect([code, JSON.parse(stdout)]).toEqual([
      78,
      expect.objectContaining({
        code: 'config-invalid',
        problems: [
          expect.objectContaining({
            message: 'unknown key nothing',
            place: expect.objectContaining({ line: 1 }) as unknown,
          }),
        ],
      }),
    ])
  })

  it('can hold a value that the option itself does not take', async () => {
    const path = await file('[serve]\npublic-url = "http://user@firn.example/"\n')
    const { code, stderr } = await firn(['serve', '--config', path])
    expect([code, stderr]).toEqual([
      78,
      expect.stringContaining('public-url = "http://user@firn.example/" is not valid.'),
    ])
  })
})

describe('which firn.toml holds', () => {
  it('is that of the flag, of the environment, of the directory, of the nearest above', async () => {
    const below = join(directory, 'a', 'b')
    await mkdir(below, { recursive: true })
    const path = await file('')
    expect([
      findConfig({ flag: 'x.toml', env: 'y.toml', directory: below }),
      findConfig({ flag: undefined, env: 'y.toml', directory: below }),
      findConfig({ flag: undefined, env: undefined, directory: below }),
      findConfig({ flag: undefined, env: '', directory: below }),
    ]).toEqual([
      { path: join(below, 'x.toml'), by: '--config' },
      { path: join(below, 'y.toml'), by: 'FIRN_CONFIG' },
      { path, by: 'found' },
      undefined,
    ])
    await writeFile(join(directory, 'a', 'firn.toml'), '')
    expect(findConfig({ flag: undefined, env: undefined, directory: below })?.path).toBe(
      join(directory, 'a', 'firn.toml'),
    )
  })
})

/** A command with every kind of option, and what it ends up with. */
async function optionsOf(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  text: string,
): Promise<unknown> {
  const command = new Command('serve')
    .addOption(new Option('--port <port>').env('FIRN_PORT').default(8047).argParser(Number))
    .addOption(new Option('--host <host>').env('FIRN_HOST').default('127.0.0.1'))
    .addOption(new Option('--log <form>').choices(['text', 'json', 'none']).default('text'))
    .addOption(new Option('--upstream <url>').env('FIRN_UPSTREAM'))
    .option('--target <target>', '', collect)
  for (const option of command.options) {
    const value = option.envVar === undefined ? undefined : env[option.envVar]
    const taken: unknown = option.parseArg && value !== undefined ? option.parseArg(value, undefined) : value
    if (value !== undefined) command.setOptionValueWithSource(option.attributeName(), taken, 'env')
  }
  const config = await readConfig({ path: await file(text), by: 'found' })
  const freeze = config.set.find(({ section }) => section.name === 'freeze')
  const more = freeze ? [{ section: { ...freeze.section, commands: ['serve'] }, options: freeze.options }] : []
  command.hook('preAction', () => applyConfig(command, { ...config, set: [...config.set, ...more] })).action(() => {})
  await command.parseAsync([...argv], { from: 'user' })
  return command.opts()
}

describe('an option is taken from the command line, the environment, the file, the defaults, in this order', () => {
  const text = `[serve]
port = 1
host = "file"
log = "json"
upstream = "http://file/"
[freeze]
targets = ["file"]
`
  const env = { FIRN_PORT: '2', FIRN_HOST: 'env', FIRN_UPSTREAM: 'http://env/' }

  it('the defaults', async () => {
    expect(await optionsOf([], {}, '')).toEqual({ port: 8047, host: '127.0.0.1', log: 'text' })
  })

  it('the file', async () => {
    expect(await optionsOf([], {}, text)).toEqual({
      port: 1,
      host: 'file',
      log: 'json',
      upstream: 'http://file/',
      target: ['file'],
    })
  })

  it('the environment', async () => {
    expect(await optionsOf([], env, text)).toEqual({
      port: 2,
      host: 'env',
      log: 'json',
      upstream: 'http://env/',
      target: ['file'],
    })
  })

  it('the command line, whose lists stand instead of those of the file', async () => {
    const argv = ['--port', '3', '--host', 'flag', '--log', 'none', '--upstream', 'http://flag/', '--target', 'flag']
    expect(await optionsOf(argv, env, text)).toEqual({
      port: 3,
      host: 'flag',
      log: 'none',
      upstream: 'http://flag/',
      target: ['flag'],
    })
  })
})

describe('firn config', () => {
  it('check says which file holds, and where each value comes from', async () => {
    const path = await file('url = "http://firn.example"\n[serve]\nport = 9000\ndata = "pool"\n')
    const env = { FIRN_HOST: '0.0.0.0' }
    const { code, stdout, stderr } = await firn(['config', 'check', '--config', path, '--json'], env)
    const { file: found, options } = JSON.parse(stdout) as { file: unknown; options: { command: string }[] }
    expect([code, stderr, found]).toEqual([0, '', { path, by: '--config' }])
    expect(options.filter(({ command }) => command === 'serve')).toEqual([
      { command: 'serve', option: 'host', value: '0.0.0.0', from: 'environment', variable: 'FIRN_HOST' },
      { command: 'serve', option: 'port', value: 9000, from: 'file' },
      { command: 'serve', option: 'data', value: fromHere(join(directory, 'pool')), from: 'file' },
      { command: 'serve', option: 'log', value: 'text', from: 'default' },
      { command: 'serve', option: 'reads', value: 'open', from: 'default' },
      { command: 'serve', option: 'max-upload', value: 2000, from: 'default' },
      { command: 'serve', option: 'max-uploads', value: 50, from: 'default' },
      { command: 'serve', option: 'max-connections', value: 5000, from: 'default' },
    ])
    expect(options).toContainEqual({ command: 'upload', option: 'url', value: 'http://firn.example', from: 'file' })
    const text = (await firn(['config', 'check'], { FIRN_CONFIG: path })).stdout
    expect(text).toMatch(/^file {2}.*firn\.toml \(named by FIRN_CONFIG\)\n/)
    expect(text).toMatch(/\n {2}serve port +9000 +file\n/)
    expect(text).toMatch(/\n {2}4 commands: data +\S*pool +file\n/)
    expect(text.match(/ url +http:\/\/firn\.example +file\n/g)?.length).toBe(1)
  })

  it('check without a file says so', async () => {
    const { code, stdout } = await firn(['config', 'check'], { FIRN_CONFIG: '' })
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'file  none: no firn.toml is in the current directory or above'])
  })

  it('example has every key, in comments that are a firn.toml when they are taken away', async () => {
    const { stdout } = await firn(['config', 'example'])
    expect(stdout).toBe(printExample())
    expect((await readConfig({ path: await file(stdout), by: 'found' })).set).toEqual([])
    const whole = stdout.replaceAll(/^#(?=[^ \n])/gm, '')
    const read = await readConfig({ path: await file(whole), by: 'found' })
    expect(read.set.map(({ section }) => section.name)).toEqual(sections.map(({ name }) => name))
    const raw = parse(whole) as Record<string, Record<string, unknown>>
    const keys = sections.filter(({ name }) => name !== '').map(({ name, schema }) => [name, Object.keys(schema.shape)])
    expect(Object.fromEntries(keys)).toEqual(
      Object.fromEntries(
        keys.map(([name]) => [name, expect.arrayContaining(Object.keys(raw[String(name)] ?? {})) as unknown]),
      ),
    )
    for (const { name, schema } of sections) {
      const there = name === '' ? raw : raw[name]
      expect(Object.keys(schema.shape).filter((key) => !Object.hasOwn(there ?? {}, key))).toEqual([])
    }
  })
})

it('every option of serve is a key of [serve]', () => {
  const io = { stdout: process.stdout, stderr: process.stderr, env: {}, signal: new AbortController().signal }
  const options = serveCommand(io).options.map(({ long }) => long?.slice(2) ?? '')
  const keys = Object.keys(sections.find(({ name }) => name === 'serve')?.schema.shape ?? {})
  expect(options.filter((option) => !keys.includes(option) && !['debug', 'json'].includes(option))).toEqual([])
})
