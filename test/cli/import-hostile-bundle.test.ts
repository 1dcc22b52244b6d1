/** A bundle comes from anywhere: nothing in it is believed, and nothing of a false one stays. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEgg } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { freeze, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { itemsOf, paxBody, tarOf, type TarItem } from '../support/tar-of.ts'

const egg = makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' })

let here: TestServer
let directory: string
let bundle: string
beforeAll(async () => {
  here = await startServer()
  directory = await temporaryDirectory()
  bundle = join(directory, 'karl.tar')
  const there = await startServer()
  await upload(there.url, egg)
  await freeze(there.url, 'karl/2010', 'ZODB3==3.9.0')
  await firn(['bundle', 'karl/2010', bundle], { FIRN_URL: there.url })
  await cleanStop(there)
})
afterAll(async () => {
  await cleanStop(here)
  await rm(directory, { recursive: true })
})

function imported(...argv: readonly string[]): Promise<CommandResult> {
  return firn(['import', ...argv], { FIRN_URL: here.url })
}

/** What a refused import may leave: no release, and nothing of its staging. */
async function leftOver(): Promise<readonly unknown[]> {
  const staged = (await readdir(tmpdir())).filter((name) => name.startsWith(`.firn-staging.`))
  return [...(await here.store.records.releases()), ...staged.filter((name) => name.includes(`.${process.pid}.`))]
}

type Item = ReturnType<typeof itemsOf>[number]

const at = (name: string) => (item: Item) => item.name === name

describe('firn import of what is no bundle, or a false one', () => {
  const evil = 'pool/zodb3/../../../evil'
  const eggPath = `pool/zodb3/${egg.filename}`
  it.each<readonly [string, (items: readonly Item[]) => readonly TarItem[], string]>([
    ['is no tar', () => [{ name: 'x', format: 'v7' }], 'it is no tar, or a damaged one'],
    [
      'has a damaged header',
      (items) => items.map((item) => ({ ...item, checksum: 1 })),
      'it is no tar, or a damaged one',
    ],
    [
      'has no manifest',
      (items) => items.filter(({ name }) => !name.endsWith('/manifest.json')),
      'it has no manifest before its files',
    ],
    [
      'has two',
      (items) => [...items.slice(0, 1), { name: 'index/a/1/manifest.json' }, ...items.slice(1)],
      'is one manifest too many',
    ],
    ['is out of order', (items) => [...items.slice(0, -2), ...items.slice(-2).toReversed()], 'is out of order'],
    ['has an entry twice', (items) => [...items.slice(0, 1), ...items], 'is out of order'],
    ['has a link', (items) => [{ name: 'a', type: '2', link: '/etc/passwd' }, ...items], '"a" is no regular file'],
    ['has a hard link', (items) => [{ name: 'a', type: '1', link: '/etc/passwd' }, ...items], '"a" is no regular file'],
    ['has a device', (items) => [{ name: 'a', type: '3' }, ...items], '"a" is no regular file'],
    [
      'has a path that leads out',
      (items) =>
        [...items.slice(0, -1), { name: evil }, ...items.slice(-1)].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      `does not have "${evil}"`,
    ],
    ['has an absolute path', (items) => [{ name: '/etc/cron.d/x' }, ...items], 'no release has "/etc/cron.d/x"'],
    ['has a page that no release has', (items) => [{ name: 'a' }, ...items], 'no release has "a"'],
    [
      'has an extended header of more than a path',
      (items) => [{ name: 'x', type: 'x', data: paxBody({ path: 'a', size: '9' }) }, ...items],
      'it has an extended header that is no path',
    ],
    [
      'has an endless extended header',
      (items) => [{ name: 'x', type: 'x', data: paxBody({ path: 'a'.repeat(9000) }) }, ...items],
      'it has an extended header that is no path',
    ],
    [
      'says that an entry is longer than all',
      (items) => items.map((item) => (at(eggPath)(item) ? { ...item, size: 2 ** 33 - 1 } : item)),
      'is longer than the file',
    ],
    ['lacks a file', (items) => items.filter((item) => !at(eggPath)(item)), `it does not have "${eggPath}"`],
    [
      'has other bytes in a file',
      (items) => items.map((item) => (at(eggPath)(item) ? { ...item, data: Buffer.alloc(item.data.length) } : item)),
      `Content does not match its digest: ${eggPath} has sha256`,
    ],
    [
      'has more bytes in a file',
      (items) =>
        items.map((item) => (at(eggPath)(item) ? { ...item, data: Buffer.concat([item.data, item.data]) } : item)),
      `Content does not match its digest: ${eggPath} has more than`,
    ],
    [
      'has other metadata',
      (items) => items.map((item) => (at(`${eggPath}.metadata`)(item) ? { ...item, data: 'Name: other' } : item)),
      `${eggPath}.metadata has sha256`,
    ],
    [
      'has a false manifest',
      (items) => items.map((item) => (item.name.endsWith('manifest.json') ? { ...item, data: '{}' } : item)),
      'error: Manifest is not valid',
    ],
  ])('that %s is refused', async (_, change, message) => {
    const path = join(directory, 'false.tar')
    await writeFile(path, tarOf(change(itemsOf(await readFile(bundle)))))
    const { code, stderr } = await imported(path)
    expect([code, stderr]).toEqual([65, expect.stringContaining(message)])
    expect(await leftOver()).toEqual([])
  })

  it('that ends early is refused', async () => {
    const path = join(directory, 'short.tar')
    await writeFile(path, (await readFile(bundle)).subarray(0, -1024))
    const answer = await imported(path, '--json')
    expect([answer.code, JSON.parse(answer.stdout)]).toMatchObject([65, { event: 'refused', code: 'bundle-invalid' }])
  })
})
