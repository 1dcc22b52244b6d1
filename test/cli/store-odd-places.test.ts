/** Data directories that lie oddly, have names in them that nobody expects, or are somebody else's. */
import { chown, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layout } from '../../storage/layout.ts'
import { openStore } from '../../storage/store.ts'
import { asItsUser, refuseRoot } from '../../storage/upkeep/as-its-user.ts'
import { makeWheel } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { check, copyOf, flip, linesOf, overwrite, pathIn, sharedData } from '../support/damaged.ts'
import { withServer } from '../support/data-server.ts'
import { upload } from '../support/requests.ts'
import { firn, temporaryDirectory } from '../support/server.ts'

const kept = sharedData()

describe('a file with a name as long as can be', () => {
  const long = makeWheel({ name: 'a'.repeat(178), version: '1.0' })

  it('is set aside like any other, by an upload and by a repair', async () => {
    const data = await copyOf(kept.data)
    const damage = () => overwrite(pathIn(data, long), flip)
    await withServer(data, async ({ url }) => {
      expect((await upload(url, long)).status).toBe(200)
      await damage()
      expect((await upload(url, long)).status).toBe(200)
    })
    expect(await check(data)).toEqual({ code: 0, findings: [] })
    await damage()
    const place = `pool/${'a'.repeat(178)}/${long.filename}`
    expect(await check(data, '--repair')).toEqual({ code: 2, findings: [`file-damaged ${place} left`] })
    const digest = sha256(flip(Buffer.from(long.bytes)))
    expect(await readdir(join(data, 'orphans'))).toEqual([`${digest}-${long.filename.slice(-190)}`])
  })
})

it('a name that is no text is told, left to be taken away by hand, and in the way of nothing', async () => {
  const data = await copyOf(kept.data)
  const odd = Buffer.from('bad\xffname', 'latin1')
  await mkdir(join(data, 'orphans'))
  for (const place of ['pool/karl/', 'orphans/'])
    await writeFile(Buffer.concat([Buffer.from(join(data, place)), odd]), 'x')
  const finding = 'stray pool/karl/bad\ufffdname'
  expect(await check(data)).toEqual({ code: 2, findings: [finding] })
  expect(await check(data, '--repair')).toEqual({ code: 2, findings: [`${finding} left`] })
  const collected = await firn(['store', 'collect', '--data', data, '--yes', '--json'])
  expect({ ...collected, stdout: linesOf(collected).map(({ event }) => event) }).toEqual({
    code: 0,
    stdout: ['summary'],
    stderr: '',
  })
})

it('a pool on another file system than what comes in is refused at the start, not at the first upload', async () => {
  const [data, disk] = [await temporaryDirectory(), '/dev/shm/firn-test-pool']
  await mkdir(disk, { recursive: true })
  await symlink(disk, join(data, 'pool'))
  expect((await stat(disk)).dev).not.toBe((await stat(data)).dev)
  await expect(openStore(data)).rejects.toMatchObject({
    code: 'data-unusable',
    detail: `${data}/pool and ${data}/staging are on two file systems, and no file can come from the one into the other`,
  })
  await rm(disk, { recursive: true })
})

describe('data of another user', () => {
  it('is not mended by root, who would make what the server could not change', async () => {
    const places = layout(await copyOf(kept.data))
    if (process.geteuid?.() === 0) await chown(places.database, 12_345, 12_345)
    const { uid } = await stat(places.database)
    await expect(refuseRoot(places, 0)).rejects.toMatchObject({
      code: 'data-unusable',
      detail: `${places.directory} is of a server that runs as the user ${uid}, who could not change what root makes there`,
    })
    await expect(refuseRoot(places, uid)).resolves.toBe(undefined)
  })

  it('is said to be so by who may not look at it', async () => {
    const denied = Object.assign(new Error('EACCES: permission denied, scandir'), { code: 'EACCES' })
    await expect(asItsUser({ directory: '/data' }, () => Promise.reject(denied))).rejects.toMatchObject({
      code: 'data-unusable',
      detail: '/data: EACCES: permission denied, scandir',
      hint: "run it as the server's own user: runuser -u USER -- firn store …",
    })
  })
})
