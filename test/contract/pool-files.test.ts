import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RegistryError } from '../../pool/errors.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { faultAt } from '../../storage/fault.ts'
import { openPoolFiles } from '../../storage/filesystem/pool-files.ts'
import { openStaging, type Staging } from '../../storage/filesystem/staging.ts'
import { layout } from '../../storage/layout.ts'
import { temporaryDirectory } from '../support/server.ts'
import { poolFilesContract, sha256, type PoolFilesFixture } from './pool-files.ts'

poolFilesContract('the file system', makeFixture)

async function makeFixture(): Promise<PoolFilesFixture> {
  const places = layout(await temporaryDirectory())
  const staging = await openStaging(places.staging)
  return {
    files: await openPoolFiles(places, faultAt(undefined)),
    stage: (bytes) => staging.stage(chunksOf(bytes)),
    staged: () => readdir(places.staging),
    aside: () => contentsOf(places.orphans),
    remove: () => rm(places.directory, { recursive: true }),
  }
}

async function contentsOf(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => [])
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))
}

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Promise.resolve(Buffer.from(text))
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Promise.resolve(Buffer.from('some'))
  throw new RegistryError('upload-incomplete')
}

it('is readable without firn: plain files by project', async () => {
  const data = await temporaryDirectory()
  const staging = await openStaging(layout(data).staging)
  const files = await openPoolFiles(layout(data), faultAt(undefined))
  const place = { project: parseProjectName('karl'), filename: 'karl-3.30.tar.gz' }
  await files.adopt(await staging.stage(chunksOf('bytes')), place)
  expect(await readFile(join(data, 'pool', 'karl', 'karl-3.30.tar.gz'), 'utf8')).toBe('bytes')
  await rm(data, { recursive: true })
})

describe('staging', () => {
  let directory: string
  let staging: Staging
  beforeEach(async () => {
    directory = await temporaryDirectory()
    staging = await openStaging(directory)
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('keeps a stream with its size and the digests that were asked for', async () => {
    const seen: number[] = []
    const onBytes = (bytes: number) => seen.push(bytes)
    const staged = await staging.stage(chunksOf('first ', 'second'), { algorithms: ['md5', 'sha256'], onBytes })
    expect(staged).toEqual({
      path: staged.path,
      size: 12,
      sha256: sha256('first second'),
      digests: { md5: createHash('md5').update('first second').digest('hex'), sha256: sha256('first second') },
    })
    expect([await readFile(staged.path, 'utf8'), seen]).toEqual(['first second', [6, 6]])
  })

  it('keeps nothing of a stream that fails', async () => {
    await expect(staging.stage(failing())).rejects.toMatchObject({ code: 'upload-incomplete' })
    expect(await readdir(directory)).toEqual([])
  })

  it('takes a file of the limit, and keeps nothing of a longer one', async () => {
    expect((await staging.stage(chunksOf('12345', '67890'), { limit: 10 })).size).toBe(10)
    await expect(staging.stage(chunksOf('12345', '67890', 'x'), { limit: 10 })).rejects.toMatchObject({
      code: 'upload-too-large',
      facts: { limit: 10 },
    })
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('discards a file once or twice', async () => {
    const staged = await staging.stage(chunksOf('bytes'))
    await staging.discard(staged)
    await staging.discard(staged)
    expect(await readdir(directory)).toEqual([])
  })

  it('sweeps what an ended process left, of any kind', async () => {
    await writeFile(join(directory, 'left.part'), 'half')
    await mkdir(join(directory, 'left', 'deep'), { recursive: true })
    expect([await staging.sweep(), await readdir(directory), await staging.sweep()]).toEqual([2, [], 0])
  })
})
