import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { version } from '../../server/version.ts'
import { makeWheel } from '../support/archives.ts'
import { closed } from '../support/crawl.ts'
import { firn, startServer, temporaryDirectory, type CommandResult } from '../support/server.ts'

const target = ['--target', 'cp311-manylinux_x86_64']

let file: string
let nowhere: string
let foreign: Server
let foreignUrl: string
beforeAll(async () => {
  const wheel = makeWheel({ name: 'karl', version: '3.30' })
  file = join(await temporaryDirectory(), wheel.filename)
  await writeFile(file, wheel.bytes)
  const server = await startServer()
  nowhere = server.url
  await server.stop()
  foreign = createServer((_req, res) => res.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not found</h1>'))
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
  foreignUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`
})
afterAll(() => closed(foreign))

describe('help', () => {
  it('lists the commands, with an example', async () => {
    expect((await firn(['--help'])).stdout).toMatchInlineSnapshot(`
      "Usage: firn [options] [command]

      Python package index and release registry: one URL per release that always
      installs the same software.

      Options:
        -V, --version                                                output the version number
        --debug                                                      show where an error came from
        --config <file>                                              default: FIRN_CONFIG, else firn.toml here or in a directory above
        -h, --help                                                   display help for command

      Commands:
        serve [options]                                              run the server
        upload [options] <file-or-directory...>                      put distributions into the pool
        fetch [options] [requirement...]                             bring distributions from an upstream index into the pool
        freeze [options] <product/release> [requirement...]          make a frozen release of pins
        refreeze [options] [product...]                              lay every customer over a new base
        export [options] <product/release-or-directory> [directory]  write a release as plain files that any web server can serve
        bundle [options] <product/release> <file>                    make one archive of a release
        import [options] <path...>                                   take releases and archives from elsewhere into the pool
        releases [options] [product]                                 list frozen releases
        show [options] <product/release>                             show what is in a release
        diff [options] <from> [to]                                   show how a release differs from another
        where-used [options] <what>                                  find the releases that a project, version or file is in
        verify [options] [release-or-path]                           prove that a release is as it was frozen
        find [options] [requirement...]                              list the files that match requirements, in the pool or upstream
        yank [options] <what...>                                     mark files as broken: new installations pass them over
        unyank [options] <what...>                                   take a yank back, also that of an upstream
        project [options]                                            say of a project that it is archived, deprecated or quarantined
        remove [options] <filename>                                  take a file out of the pool for good, if the law asks for it
        keys [options] [id]                                          print the server's public keys
        log [options]                                                show and prove the log of every change
        token [options]                                              make, list and revoke tokens
        store [options]                                              look after the registry's own data
        login [options]                                              keep a token for a server
        logout [options]                                             forget a server's token
        config                                                       look at firn.toml
        help [command]                                               display help for command

      Example:
        firn serve &
        firn fetch -r requirements.txt
        firn freeze karl/3.30 -r requirements.txt
      "
    `)
  })

  it('of upload', async () => {
    expect((await firn(['upload', '--help'])).stdout).toMatchInlineSnapshot(`
      "Usage: firn upload [options] <file-or-directory...>

      Put sdists, wheels and eggs into the pool. The same file again is fine; other
      content under its name is refused.

      Arguments:
        file-or-directory     files, or directories that hold them (.whl .egg .tar.gz
                              .tgz .tar.bz2 .tbz .zip)

      Options:
        --url <url>           the firn server (default: "http://127.0.0.1:8047", env:
                              FIRN_URL)
        --token <token>       who you are; better in the environment, or by firn login
                              (env: FIRN_TOKEN)
        --json                print JSON for programs to read
        --private <product>   for the releases of this product alone, and whoever has
                              a token for it
        --attestations        with the attestations that lie beside each file, as
                              FILE.publish.attestation (PEP 740)
        --leave-links <pool>  leave links into this directory, the pool's own, in the
                              place of the archives
        --debug               show where an error came from
        -h, --help            display help for command

      Attestations are kept as they come, if they are of the file and signed with the key
      of their own certificate. Whose that is, is not checked: pypi-attestations does that.

      Examples:
        firn upload dist/
        firn upload karl-3.30.tar.gz karl-3.30-py3-none-any.whl
        firn upload --attestations dist/*
        firn upload --private acme acme-theme/dist/
        firn upload 2010-index/ --leave-links /srv/firn/data/pool
      "
    `)
  })

  it('of freeze', async () => {
    expect((await firn(['freeze', '--help'])).stdout).toMatchInlineSnapshot(`
      "Usage: firn freeze [options] <product/release> [requirement...]

      Make a release of exact pins, from what the pool holds of them. Once frozen it
      never changes; there is no force.

      Arguments:
        product/release                as karl/3.30
        requirement                    NAME==VERSION

      Options:
        --url <url>                    the firn server (default:
                                       "http://127.0.0.1:8047", env: FIRN_URL)
        --token <token>                who you are; better in the environment, or by
                                       firn login (env: FIRN_TOKEN)
        --json                         print JSON for programs to read
        -r, --requirement <file>       requirements, buildout configuration, lock (uv,
                                       poetry, pdm, pylock.toml), pip freeze or
                                       inspect output, virtualenv; path or URL; may be
                                       repeated
        -c, --constraint <file>        constraints: versions of what is asked for
                                       without one
        --use <name==version>          pool's version of what is named by path,
                                       repository or URL
        --extra <name>                 extra of the project that a lock was made for;
                                       may be repeated
        --group <name>                 dependency group of it; may be repeated
        -S, --versions-section <name>  section of a configuration; default: what
                                       [buildout] versions names, else 'versions'
        --resolve                      have uv, on this machine, choose versions for
                                       what is asked for without one
        --exclude-newer <date>         with --resolve: only of what came to the index
                                       before, as 2026-11-01
        --resolution <strategy>        with --resolve (choices: "highest", "lowest",
                                       "lowest-direct")
        --prerelease <strategy>        with --resolve (choices: "disallow", "allow",
                                       "if-necessary", "explicit",
                                       "if-necessary-or-explicit")
        --build-sdists                 with --resolve: run the code of sdists that
                                       state their dependencies in no other way
        -t, --target <target>          as cp311-manylinux_x86_64; may be repeated;
                                       default: the base's, or this machine's Python
        -b, --base <release>           release to lay this one over, as karl/3.30: all
                                       of it, plus and instead of
        --without <name>               project of the base to leave out; may be
                                       repeated
        --changes <file>               changelog; its section of this release is kept
                                       in the release's manifest
        --source-dir <dir>             git work tree that this is released from: its
                                       commit, tag and remote are kept
        --waive <waiver>               what to let pass, as "plaster: it is on the
                                       hosts" or "closure plaster until 2027-01-31:
                                       …"; may be repeated
        --dry-run                      say what would be frozen, and freeze nothing
        --debug                        show where an error came from
        -h, --help                     display help for command

      Examples:
        firn freeze karl/3.30 -r requirements.txt
        firn freeze karl/3.30 -r uv.lock --extra mail --use karl==3.30
        firn freeze zope/6.2 -r versions-prod.cfg Zope==6.2 --dry-run
        firn freeze acme/2026.11.1 --base karl/3.30 -r acme.cfg --changes CHANGES.txt --source-dir .
        firn freeze karl/3.30 -r requirements.txt --waive "lxml: the hosts have it"
        firn freeze karl/3.30 -r loose.txt 'pyramid>=2' --resolve --exclude-newer 2026-11-01
      "
    `)
  })

  it.each(['serve', 'upload', 'fetch', 'freeze'])(
    'of %s has an example of it, and says what it does',
    async (command) => {
      const { code, stdout, stderr } = await firn([command, '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(new RegExp(`\nExamples?:\n  firn ${command} \\S`))
    },
  )

  it('says the version', async () => {
    expect(await firn(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('a command line that is not valid ends with 64 and a hint', () => {
  it.each<[string, readonly string[], string]>([
    ['an unknown option', ['upload', '--nope', 'x'], "error: unknown option '--nope'\nhint: firn upload --help\n"],
    [
      'upload of nothing',
      ['upload'],
      "error: missing required argument 'file-or-directory'\nhint: firn upload --help\n",
    ],
    ['freeze of nothing', ['freeze'], "error: missing required argument 'product/release'\nhint: firn freeze --help\n"],
    [
      'freeze without pins',
      ['freeze', 'karl/1', ...target],
      'error: Command is not valid: no pins were given\nhint: name them as NAME==VERSION, or give a file with -r\n',
    ],
    [
      'fetch without pins',
      ['fetch', ...target],
      'error: Command is not valid: no pins were given\nhint: name them as NAME==VERSION, or give a file with -r\n',
    ],
    [
      'a URL that is none',
      ['upload', '--url', 'nonsense', 'x'],
      "error: option '--url <url>' argument 'nonsense' is invalid. It is an http or https URL.\nhint: firn upload --help\n",
    ],
    [
      'a port that is none',
      ['serve', '--port', '80a'],
      "error: option '--port <port>' argument '80a' is invalid. It is a number from 0 to 65535.\nhint: firn serve --help\n",
    ],
    [
      'a limit that is none',
      ['serve', '--max-upload', '0'],
      "error: option '--max-upload <MB>' argument '0' is invalid. It is a whole number above 0.\nhint: firn serve --help\n",
    ],
  ])('%s', async (_, argv, stderr) => {
    expect(await firn(argv)).toEqual({ code: 64, stdout: '', stderr })
  })

  it('an environment that is not valid', async () => {
    expect(await firn(['serve'], { FIRN_PORT: 'x' })).toEqual({
      code: 64,
      stdout: '',
      stderr:
        "error: option '--port <port>' value 'x' from env 'FIRN_PORT' is invalid. It is a number from 0 to 65535.\n" +
        'hint: firn serve --help\n',
    })
  })

  it('no command, which shows them all', async () => {
    const { code, stdout, stderr } = await firn([])
    expect([code, stdout, stderr]).toEqual([64, '', (await firn(['--help'])).stdout])
  })

  it('an unknown command', async () => {
    const { code, stdout, stderr } = await firn(['uplaod', 'x'])
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toMatch(/^error: .*uplaod.*\n(?:\(Did you mean upload\?\)\n)?hint: firn --help\n$/s)
  })

  it('a machine whose Python cannot be asked', async () => {
    expect(await firn(['freeze', 'karl/1', 'karl==1'], { FIRN_PYTHON: 'no-such-python' })).toEqual({
      code: 64,
      stdout: '',
      stderr:
        'error: Command is not valid: no-such-python cannot tell which target this machine is\n' +
        'hint: name the targets, as --target cp311-manylinux_x86_64, or the Python with FIRN_PYTHON\n',
    })
  })
})

it('refuses a release name that is none', async () => {
  const { code, stderr } = await firn(['freeze', 'KARL', 'karl==1', ...target])
  expect([code, stderr]).toEqual([
    65,
    'error: Release name is not valid: "KARL"\nhint: write PRODUCT/RELEASE, as karl/3.30\n',
  ])
})

function commands(): readonly (readonly string[])[] {
  return [
    ['upload', file],
    ['fetch', 'karl==3.30', ...target],
    ['freeze', 'karl/1', 'karl==3.30', ...target],
  ]
}

describe('without a firn server', () => {
  it('every command ends with 69 and says how to start one', async () => {
    const results: CommandResult[] = []
    for (const command of commands()) results.push(await firn(command, { FIRN_URL: nowhere }))
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout]).toEqual([69, ''])
      expect(stderr.startsWith(`error: firn server cannot be reached: ${nowhere} (`)).toBe(true)
      expect(stderr.endsWith('hint: start one with: firn serve; or say where it is: --url URL or FIRN_URL\n')).toBe(
        true,
      )
    }
  })

  it('every command says when something else answers', async () => {
    for (const command of commands()) {
      expect(await firn([...command, '--url', foreignUrl])).toEqual({
        code: 69,
        stdout: '',
        stderr: `error: firn server cannot be reached: ${foreignUrl} answers 404\nhint: is this the URL of a firn server?\n`,
      })
    }
  })

  it('shows where an error came from only when asked to', async () => {
    const { stderr } = await firn(['upload', file, '--url', nowhere, '--debug'])
    expect(stderr).toMatch(/\n {4}at .*ask-server\.ts/)
  })
})
