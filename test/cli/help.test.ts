import { expect, it } from 'vitest'
import { version } from '../../server/version.ts'
import { firn } from '../support/server.ts'

/** The commands that a help lists, and those below them. */
async function commandsBelow(path: readonly string[]): Promise<readonly (readonly string[])[]> {
  const { stdout } = await firn([...path, '--help'])
  const [, lists = ''] = stdout.split(/\n {2}-h, --help .*\n/)
  const [commands = ''] = lists.split(/\nExamples?:/)
  const names = [...commands.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name = '']) => name)
  const own = names.filter((name) => name !== 'help').map((name) => [...path, name])
  const isGroup = /^Usage: .*\[command\]/.test(stdout)
  return isGroup ? [...own, ...(await Promise.all(own.map(commandsBelow))).flat()] : []
}

/** What the help of a command has not, of what each should have. */
async function lackingIn(path: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await firn([...path, '--help'])
  const call = `firn ${path.join(' ').replace(' list', '(?: list)?')}\\b`
  const parts = {
    description: /^Usage: .*\n\n[A-Z]/,
    example: new RegExp(`\nExamples?:\n(?: {2}.*\n)*? {2}(?:.*; )?${call}`),
    debug: /\n {2}--debug /,
  }
  return Object.entries(parts).flatMap(([part, is]) => (is.test(stdout) ? [] : [`${path.join(' ')}: ${part}`]))
}

const letterOf: Readonly<Record<string, string>> = {
  '--dry-run': '-n',
  '--reason': '-m',
  '--target': '-t',
  '--requirement': '-r',
  '--key': '-k',
  '--base': '-b',
}

it('lists the commands, with an example', async () => {
  expect((await firn(['--help'])).stdout).toMatchInlineSnapshot(`
    "Usage: firn [options] [command]

    Python package index and release registry: one URL per release that always
    installs the same software.

    Options:
      -V, --version                                                output the version number
      --debug                                                      show where an error came from
      --config <file>                                              where options are kept; default: FIRN_CONFIG, else firn.toml here or in a directory above
      -h, --help                                                   display help for command

    The server and its data:
      serve [options]                                              run the server
      store [options]                                              look after the registry's own data
      token [options]                                              make, list and revoke tokens

    Filling the pool:
      upload [options] <file-or-directory...>                      put distributions into the pool
      fetch [options] [requirement...]                             bring distributions from an upstream index into the pool
      import [options] <path...>                                   take releases and archives from elsewhere into the pool
      find [options] [requirement...]                              list the files that match requirements, in the pool or upstream

    Releases:
      freeze [options] <product/release> [requirement...]          make a frozen release of pins
      refreeze [options] [product...]                              lay every customer over a new base
      releases [options] [product]                                 list frozen releases
      show [options] <product/release>                             show what is in a release
      diff [options] <from> [to]                                   show how a release differs from another
      where-used [options] <what>                                  find the releases that a project, version or file is in

    Releases as plain files:
      export [options] <product/release-or-directory> [directory]  write a release as plain files that any web server can serve
      bundle [options] <product/release> <file>                    make one archive of a release

    What is learnt later:
      yank [options] <what...>                                     mark files as broken: new installations pass them over
      unyank [options] <what...>                                   take a yank back, also that of an upstream
      project [options]                                            say of a project that it is archived, deprecated or quarantined
      remove [options] <filename>                                  take a file out of the pool for good, if the law asks for it

    Proof:
      verify [options] [release-or-path]                           prove that a release is as it was frozen
      log [options]                                                show and prove the log of every change
      keys [options] [id]                                          print the server's public keys

    Set-up and help:
      login [options]                                              keep a token for a server
      logout [options]                                             forget a server's token
      config [options]                                             look at firn.toml
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
      -n, --dry-run                  say what would be frozen, and freeze nothing
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

it('of every command and every verb below it says what it does, with an example of it', async () => {
  const found = await commandsBelow([])
  expect(found.map((path) => path.join(' '))).toEqual(expect.arrayContaining(['serve', 'token create', 'log verify']))
  expect((await Promise.all(found.map(lackingIn))).flat()).toEqual([])
})

it('calls the options that many commands have by the same letters', async () => {
  const helps = await Promise.all((await commandsBelow([])).map((path) => firn([...path, '--help'])))
  const flags = helps.flatMap(({ stdout }) => [...stdout.matchAll(/^ {2}(?:(-\w), )?(--[a-z-]+)/gm)])
  const letters = (wanted: string) => flags.flatMap(([, letter, name]) => (name === wanted ? [letter] : []))
  expect(Object.fromEntries(Object.keys(letterOf).map((name) => [name, [...new Set(letters(name))]]))).toEqual(
    Object.fromEntries(Object.entries(letterOf).map(([name, letter]) => [name, [letter]])),
  )
})

it('says the version', async () => {
  expect(await firn(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})
