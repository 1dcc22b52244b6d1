import { readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { z } from 'zod'
import { RegistryError } from '../../pool/errors.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { archiveFile, type Stated } from './archive-file.ts'
import { joinFound, type Found, type Unfit } from './found.ts'

/** What `devpi-export` (before 6: `devpi-server --export`) writes; only what is needed of it. */
const dataIndex = z.object({
  indexes: z.record(
    z.string(),
    z.object({
      indexconfig: z.object({ type: z.string().default('stage'), bases: z.array(z.string()).default([]) }),
      files: z
        .array(
          z.object({
            type: z.string(),
            relpath: z.string().max(4000),
            entrymapping: z
              .object({
                hash_spec: z.string().nullish(),
                md5: z.string().nullish(),
                hashes: z.record(z.string(), z.string()).nullish(),
              })
              .default({}),
          }),
        )
        .default([]),
    }),
  ),
})

type DataIndex = z.output<typeof dataIndex>
type IndexFile = DataIndex['indexes'][string]['files'][number]

/**
 * The archives of the indexes that are named, with those of their bases, as devpi serves them; of all indexes if none
 * is. Throws `input-unreadable`.
 */
export async function devpiArchives(path: string, wanted: readonly string[]): Promise<Found> {
  const { indexes } = await readIndex(path)
  const unknown = wanted.filter((name) => !Object.hasOwn(indexes, name))
  if (unknown.length > 0) {
    const hint = `it has ${Object.keys(indexes).toSorted(compareCodePoints).join(', ')}`
    throw new RegistryError(
      'input-unreadable',
      { path },
      { detail: `${path} has no index ${unknown.join(', ')}`, hint },
    )
  }
  const names = withBases(indexes, wanted.length > 0 ? wanted : Object.keys(indexes))
  return joinFound(await Promise.all(names.map((name) => archivesOf(path, name, indexes[name]))))
}

async function readIndex(path: string): Promise<DataIndex> {
  const file = join(path, 'dataindex.json')
  try {
    return dataIndex.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    throw new RegistryError(
      'input-unreadable',
      { path: file },
      { detail: `${file} is not that of a devpi export`, cause },
    )
  }
}

function withBases(indexes: DataIndex['indexes'], wanted: readonly string[]): readonly string[] {
  const found = new Set<string>()
  const open = [...wanted]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    found.add(name)
    open.push(...(indexes[name]?.indexconfig.bases ?? []))
  }
  return [...found].toSorted(compareCodePoints)
}

async function archivesOf(path: string, name: string, index: DataIndex['indexes'][string] | undefined): Promise<Found> {
  const hint = 'bring what is installed from it into the pool with firn fetch'
  if (!index)
    return { archives: [], unfit: [{ path: name, message: 'the export does not have this base', hint, lost: true }] }
  const { files, indexconfig } = index
  const mirror: Unfit = { path: name, message: 'it is a mirror, which devpi does not export', hint, lost: true }
  const found = await Promise.all(files.map((file) => archiveOf(path, file)))
  return joinFound([...found, { archives: [], unfit: indexconfig.type === 'mirror' ? [mirror] : [] }])
}

async function archiveOf(path: string, { type, relpath, entrymapping }: IndexFile): Promise<Found> {
  const unfit = (message: string): Found => ({
    archives: [],
    unfit: [{ path: join(path, relpath), message, lost: type === 'releasefile' }],
  })
  if (type !== 'releasefile') return unfit(`it is no distribution, but a ${type}`)
  const below = normalize(relpath)
  if (below.startsWith('/') || below.split('/')[0] === '..') return unfit('it leads out of the export')
  return archiveFile(join(path, below), statedBy(entrymapping))
}

function statedBy({ hashes, hash_spec, md5 }: IndexFile['entrymapping']): Stated | undefined {
  const sha256 = hashes?.['sha256']
  if (sha256 !== undefined) return { algorithm: 'sha256', digest: sha256 }
  const [algorithm, digest] = (hash_spec ?? (md5 ? `md5=${md5}` : '')).split('=')
  return algorithm && digest ? { algorithm, digest } : undefined
}
