/** Bundles, proven without their server; damaged, and false ones. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, type CommandResult, type TestServer } from '../support/server.ts'
import { itemsOf, tarOf, type TarItem } from '../support/tar-of.ts'
import { makeVerifier, places, startVerifiable, writeBoth, type Verifier } from '../support/verifying.ts'

let server: TestServer
let verifier: Verifier
let bundle: string
let pem: string
let edited: string
beforeAll(async () => {
  server = await startVerifiable()
  verifier = await makeVerifier(server)
  ;({ bundle } = await writeBoth(server.url, verifier.directory))
  ;[pem, edited] = ['firn.pem', 'edited.tar'].map((name) => join(verifier.directory, name)) as [string, string]
  await writeFile(pem, verifier.pem)
})
afterAll(async () => {
  await verifier.remove()
  await cleanStop(server)
})

const digest = '  digest   sha256:…\n'
const given = '  signed   by key KEY: given with --key\n'
const checked = '  checked  3 files, 2.1 kB; 19 pages and documents\n'
const below = 'index/karl/3.30'

type Item = ReturnType<typeof itemsOf>[number]

/** `firn verify` of a bundle that is written anew from the entries of the right one. */
async function verifyEdited(change: (items: readonly Item[]) => readonly TarItem[]): Promise<CommandResult> {
  await writeFile(edited, tarOf(change(itemsOf(await readFile(bundle)))))
  return verifier.verify(edited, '--key', pem)
}

const without = (path: string) => (items: readonly Item[]) => items.filter(({ name }) => name !== path)
const replaced = (path: string, data: Buffer | string) => (items: readonly Item[]) =>
  items.map((item) => (item.name === path ? { ...item, data } : item))

function described(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

describe('a bundle', () => {
  it('holds, against a key or by its own manifest', async () => {
    expect(await verifier.verify(bundle, '--key', pem)).toEqual({
      code: 0,
      stdout: `karl/3.30 of DIR/karl-3.30.tar holds\n${digest}${given}${checked}`,
      stderr: '',
    })
    expect(await verifier.verify(bundle)).toEqual({
      code: 0,
      stdout: `karl/3.30 of DIR/karl-3.30.tar holds by its own manifest\n${digest}  signed   by key KEY, which nothing here vouches for: prove it with --key\n${checked}`,
      stderr: '',
    })
    expect(await verifyEdited((items) => items)).toMatchObject({ code: 0 })
  })

  it('holds against the key of who froze it after it was imported elsewhere, and so does that server', async () => {
    const elsewhere = await startServer()
    await firn(['import', bundle], { FIRN_URL: elsewhere.url })
    const again = join(verifier.directory, 'again.tar')
    await firn(['bundle', 'karl/3.30', again], { FIRN_URL: elsewhere.url })
    expect((await verifier.verify(again, '--key', pem)).stdout).toBe(
      `karl/3.30 of DIR/again.tar holds\n${digest}${given}${checked}`,
    )
    const short = elsewhere.store.signer.key.id.slice(0, 16)
    const there = await verifier.verify('karl/3.30', '--url', elsewhere.url, '--key', pem)
    expect([there.code, there.stdout.split('\n').slice(2, 4)]).toEqual([
      0,
      ['  signed   by key KEY: given with --key', `  signed   by key ${short}, which nothing here vouches for`],
    ])
    await cleanStop(elsewhere)
  })
})

describe('what firn verify finds in a bundle', () => {
  const egg = `pool/${places.egg}`
  it.each<readonly [string, (items: readonly Item[]) => readonly TarItem[], readonly string[]]>([
    ['a file of other bytes', replaced(egg, 'x'.repeat(816)), [`${egg} holds other bytes: sha256 …, not …`]],
    ['a file that is longer', replaced(egg, 'x'.repeat(817)), [`${egg} has more than 816 bytes`]],
    ['a file that is not there', without(egg), [`${egg} is missing`]],
    [
      'a page of other text',
      replaced(`${below}/index.html`, 'x'),
      [`${below}/index.html is not what the manifest makes of it`],
    ],
    ['a document that is not there', without(`${below}/pylock.toml`), [`${below}/pylock.toml is missing`]],
    [
      'a page that no release has',
      (items) => [...items.slice(0, -6), { name: `${below}/zzz/index.html`, data: 'x' }, ...items.slice(-6)],
      [`${below}/zzz/index.html is no file of this release`],
    ],
  ])('%s', async (_, change, problems) => {
    expect(await verifyEdited(change)).toEqual({
      code: 2,
      stdout: `karl/3.30 of DIR/edited.tar does not hold: 1 problem\n${described(problems.map((each) => `  ${each}`))}${digest}${given}${checked}`,
      stderr: '',
    })
  })

  it.each<readonly [string, (items: readonly Item[]) => readonly TarItem[], readonly string[]]>([
    [
      'a file that no release has',
      (items) => [...items, { name: 'pool/zzz/zzz-1.tar.gz' }],
      ['pool/zzz/zzz-1.tar.gz is no file of any release'],
    ],
    [
      'an entry that leads out',
      (items) => [{ name: '../../etc/cron.d/x' }, ...items],
      ['../../etc/cron.d/x is no file of any release'],
    ],
    ['an entry out of order', (items) => [...items.slice(1), ...items.slice(0, 1)], ['index.html is out of order']],
    ['no page at its top', (items) => items.slice(1), ['index.html is missing']],
    ['another page at its top', replaced('index.html', 'x'), ['index.html does not list what is here']],
  ])('%s', async (_, change, problems) => {
    const holds = `karl/3.30 of DIR/edited.tar holds\n${digest}${given}${checked}`
    expect(await verifyEdited(change)).toEqual({
      code: 2,
      stdout: `${holds}DIR/edited.tar itself does not hold: 1 problem\n${described(problems.map((each) => `  ${each}`))}`,
      stderr: '',
    })
  })

  it('an entry that is there twice, of which a tar leaves the last', async () => {
    const { code, stdout } = await verifyEdited((items) =>
      items.flatMap((item) => (item.name === egg ? [item, { ...item, data: Buffer.from('x') }] : [item])),
    )
    expect([code, stdout]).toEqual([
      2,
      `karl/3.30 of DIR/edited.tar does not hold: 1 problem\n  ${egg} has 1 byte, not 816\n${digest}${given}${checked}DIR/edited.tar itself does not hold: 1 problem\n  ${egg} is there more than once\n`,
    ])
  })

  it('an end that is cut off: what comes before it is held against the manifest', async () => {
    const bytes = await readFile(bundle)
    const last = itemsOf(bytes).slice(-2)
    const cut = bytes.subarray(0, bytes.length - 1024 - 512 - 512 - 100)
    await writeFile(edited, cut)
    const { code, stdout } = await verifier.verify(edited, '--key', pem)
    expect([code, stdout]).toEqual([
      2,
      `karl/3.30 of DIR/edited.tar does not hold: 1 problem\n  ${last[1]?.name} is missing\n${digest}${given}${checked}DIR/edited.tar itself does not hold: 1 problem\n  DIR/edited.tar is damaged: it ends before its end is marked\n`,
    ])
  })

  it('a link in it, after which nothing is read', async () => {
    const { code, stdout } = await verifyEdited((items) => [...items, { name: 'z', type: '2', link: '/etc/passwd' }])
    expect([code, stdout.split('\n').slice(-3)]).toEqual([
      2,
      ['DIR/edited.tar itself does not hold: 1 problem', '  DIR/edited.tar is damaged: "z" is no regular file', ''],
    ])
  })
})

it('refuses what is no bundle', async () => {
  await writeFile(edited, 'x'.repeat(2000))
  expect(await verifier.verify(edited)).toEqual({
    code: 65,
    stdout: '',
    stderr:
      'error: Bundle cannot be accepted: DIR/edited.tar is damaged: it is no tar, or a damaged one\n' +
      'hint: name a release as PRODUCT/RELEASE, or what firn export or firn bundle has written\n',
  })
})
