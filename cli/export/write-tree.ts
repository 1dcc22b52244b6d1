import { link, mkdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { RegistryError } from '../../pool/errors.ts'
import { digestOf } from '../../pool/digest.ts'
import type { TreeEntry, TreeFile, TreePage } from '../../pool/export/tree.ts'
import { digestIfThere, isSystemError } from '../files/file-digest.ts'
import { writeChecked } from '../files/write-checked.ts'
import type { PoolBytes } from './pool-bytes.ts'

const atOnce = 8

export interface TreePlace {
  /** The top of the tree. */
  readonly top: string
  /** On the same file system; removed by the caller. */
  readonly staging: string
  readonly bytes: PoolBytes
  /** Paths that were found to hold the bytes with this digest: releases share files, and each is read once. */
  readonly known: Map<string, string>
  readonly onStart: (bytes: number) => void
  readonly onBytes: (bytes: number) => void
}

export interface Written {
  /** Files that share their bytes with the pool. */
  readonly linked: number
  readonly copied: number
  readonly pages: number
  /** What was there already. */
  readonly same: number
}

/**
 * Brings a release's tree to `top`: the files first, then its pages, whose directory appears whole. What is there
 * already is left as it is. Throws `export-differs` before anything is written if other bytes stand under a name.
 */
export async function writeTree(place: TreePlace, directory: string, entries: readonly TreeEntry[]): Promise<Written> {
  const lacking = await findLacking(place, entries)
  const files = lacking.filter((entry) => entry.what !== 'page')
  const pages = lacking.filter((entry) => entry.what === 'page')
  place.onStart(files.reduce((total, { size = 0 }) => total + size, 0))
  const how = await each(files, (file) => placeFile(place, file))
  if (pages.length > 0) await placePages(place, directory, pages)
  const linked = how.filter((each) => each === 'linked').length
  return { linked, copied: files.length - linked, pages: pages.length, same: entries.length - lacking.length }
}

/** Throws `export-differs`, which names every path that holds other bytes. */
async function findLacking(place: TreePlace, entries: readonly TreeEntry[]): Promise<readonly TreeEntry[]> {
  const states = await each(entries, async (entry) => ({ entry, state: await stateOf(place, entry) }))
  const differing = states.filter(({ state }) => state === 'other').map(({ entry }) => entry.path)
  if (differing.length > 0) throw differs(place.top, differing)
  return states.filter(({ state }) => state === 'lacking').map(({ entry }) => entry)
}

async function stateOf({ top, known }: TreePlace, entry: TreeEntry): Promise<'lacking' | 'same' | 'other'> {
  const wanted = entry.what === 'page' ? digestOf(entry.text) : entry.sha256
  const found = known.get(entry.path) ?? (await digestIfThere(join(top, entry.path)))
  if (found === undefined) return 'lacking'
  if (entry.what !== 'page') known.set(entry.path, found)
  return found === wanted ? 'same' : 'other'
}

function differs(top: string, paths: readonly string[]): RegistryError {
  const problems = paths.map((path) => ({ message: `${path} holds other bytes` }))
  return new RegistryError(
    'export-differs',
    { directory: top, problems },
    {
      detail: top,
      hint: 'nothing is ever overwritten: export into another directory, or find out who changed this one',
    },
  )
}

async function placeFile(place: TreePlace, entry: TreeFile): Promise<'linked' | 'copied'> {
  const target = join(place.top, entry.path)
  await mkdir(dirname(target), { recursive: true })
  const local = await place.bytes.local(entry)
  const how = local !== undefined && (await linkTo(place, local, entry)) ? 'linked' : await copyTo(place, entry)
  if (how === 'linked') place.onBytes(entry.size ?? 0)
  place.known.set(entry.path, entry.sha256)
  return how
}

/** `false` where the system does not let these two share their bytes: another file system, another owner. */
async function linkTo(place: TreePlace, from: string, entry: TreeEntry): Promise<boolean> {
  try {
    await link(from, join(place.top, entry.path))
  } catch (error) {
    if (isSystemError(error, 'EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP')) return false
    await acceptSame(place, entry, error)
  }
  return true
}

async function copyTo(place: TreePlace, entry: TreeFile): Promise<'copied'> {
  const staged = join(place.staging, randomUUID())
  const expected = { name: entry.path, sha256: entry.sha256, size: entry.size }
  await writeChecked(staged, await place.bytes.open(entry), expected, place.onBytes)
  await settle(place, staged, entry)
  return 'copied'
}

/** link(2), not rename(2): it never replaces what another export has brought meanwhile. */
async function settle(place: TreePlace, staged: string, entry: TreeEntry): Promise<void> {
  await link(staged, join(place.top, entry.path)).catch((error: unknown) => acceptSame(place, entry, error))
  await unlink(staged)
}

/** Another export may bring the same file at the same time. Throws `export-differs` if it brought other bytes. */
async function acceptSame(place: TreePlace, entry: TreeEntry, error: unknown): Promise<void> {
  if (!isSystemError(error, 'EEXIST')) throw error
  if ((await stateOf({ ...place, known: new Map() }, entry)) === 'other') throw differs(place.top, [entry.path])
}

/** All of a release's pages at once if none is there; else those that are lacking, each by itself. */
async function placePages(place: TreePlace, directory: string, pages: readonly TreePage[]): Promise<void> {
  const staged = join(place.staging, randomUUID())
  for (const parent of new Set(pages.map(({ path }) => dirname(path))))
    await mkdir(join(staged, parent), { recursive: true })
  await each(pages, ({ path, text }) => writePage(join(staged, path), text))
  const target = join(place.top, directory)
  await mkdir(dirname(target), { recursive: true })
  try {
    await rename(join(staged, directory), target)
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error
    for (const page of pages) {
      await mkdir(dirname(join(place.top, page.path)), { recursive: true })
      await settle(place, join(staged, page.path), page)
    }
  }
}

function writePage(path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  const expected = { name: path, sha256: digestOf(bytes), size: bytes.length }
  return writeChecked(path, [bytes], expected)
}

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const limit = pLimit(atOnce)
  try {
    return await Promise.all(items.map((item) => limit(work, item)))
  } finally {
    limit.clearQueue()
  }
}
