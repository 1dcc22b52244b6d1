import { createReadStream } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Distribution } from '../../pool/distribution.ts'
import { isRegistryError } from '../../pool/errors.ts'
import type { Staged } from '../ports.ts'
import { digestOfPlainFile } from '../filesystem/file-digest.ts'
import type { Stated } from './held-rows.ts'
import type { Mending } from './mending.ts'
import { entriesOf } from './pool-walk.ts'
import { poolPath } from '../layout.ts'

/** A file whose bytes are gone, and what they are to be. */
export interface Missed {
  readonly file: Distribution
  readonly wanted: Pick<Stated, 'sha256' | 'size'>
}

export type PutBack =
  | { readonly done: true; readonly from: string }
  /** Why not, for people. */
  | { readonly done: false; readonly reason: string }

/**
 * Puts a file back whose name is free: from what was set aside, from another file of the pool with the same bytes, or
 * from where it was fetched. Only bytes with the digest that is known of it are taken.
 */
export async function putBack(mending: Mending, missed: Missed): Promise<PutBack> {
  const { files, staging, fault } = mending
  const found =
    (await inOrphans(mending, missed)) ?? (await inPool(mending, missed)) ?? (await atOrigin(mending, missed))
  if ('reason' in found) return { done: false, reason: found.reason }
  const { staged, from } = found
  fault('repair:staged')
  try {
    await files.adopt(staged, missed.file)
  } finally {
    if (from !== 'orphans') await staging.discard(staged)
  }
  fault('repair:put-back')
  return { done: true, from }
}

interface Found {
  readonly staged: Staged
  readonly from: string
}

/** What was set aside moves back: its name there begins with its digest, which is not believed. */
async function inOrphans({ places, signal }: Mending, { wanted }: Missed): Promise<Found | undefined> {
  const { sha256 } = wanted
  const named = (await entriesOf(places.orphans)).filter(({ name }) => name.startsWith(`${sha256}-`))
  for (const entry of named.filter((each) => each.isFile())) {
    const path = join(places.orphans, entry.name)
    if ((await digestOfPlainFile(path, { signal })) !== sha256) continue
    return { staged: { path, sha256, size: wanted.size, digests: { sha256 } }, from: 'orphans' }
  }
  return undefined
}

/** Two names may have the same bytes. */
async function inPool(
  { database, places, staging, signal }: Mending,
  { file, wanted }: Missed,
): Promise<Found | undefined> {
  const same = database
    .prepare<[string, string], { readonly project: string; readonly filename: string }>(
      'select project, filename from pool_files where sha256 = ? and filename <> ?',
    )
    .all(wanted.sha256, file.filename)
  for (const place of same) {
    const path = poolPath(places.pool, place)
    const isFile = await lstat(path).then(
      (status) => status.isFile(),
      () => false,
    )
    if (!isFile) continue
    const staged = await staging.stage(createReadStream(path, { signal }))
    if (staged.sha256 === wanted.sha256) return { staged, from: place.filename }
    await staging.discard(staged)
  }
  return undefined
}

async function atOrigin(
  { staging, download, signal }: Mending,
  { file: { origin }, wanted }: Missed,
): Promise<Found | { readonly reason: string }> {
  if (!origin) return { reason: 'it was uploaded: upload the same file again, or restore a backup' }
  const { url } = origin
  try {
    const staged = await staging.stage(await download(url, signal), { limit: wanted.size })
    if (staged.sha256 === wanted.sha256) return { staged, from: url }
    await staging.discard(staged)
    return { reason: `${url} has other bytes today: sha256 ${staged.sha256}` }
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return { reason: error.code === 'upload-too-large' ? `${url} has more bytes today` : error.message }
  }
}
