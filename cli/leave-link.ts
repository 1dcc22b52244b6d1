import { randomUUID } from 'node:crypto'
import { lstat, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { RegistryError } from '../pool/errors.ts'
import { parseProjectName } from '../pool/project-name.ts'
import { fileDigest } from './files/file-digest.ts'
import { syncDirectory } from './files/sync.ts'
import { reasonOf } from './io.ts'

/** A local archive whose bytes the pool has. */
export interface PooledArchive {
  readonly path: string
  readonly project: string
  readonly filename: string
  readonly sha256: string
}

/** `link`: it was one before, and stays as it is. */
export type LinkOutcome = { readonly outcome: 'linked'; readonly target: string } | { readonly outcome: 'link' }

/** Throws `input-unreadable` if there is no such directory. */
export async function checkPoolDirectory(pool: string): Promise<void> {
  const status = await stat(pool).catch((cause: unknown) => {
    throw new RegistryError('input-unreadable', { path: pool }, { detail: `${pool}: ${reasonOf(cause)}`, cause })
  })
  if (status.isDirectory()) return
  throw new RegistryError('input-unreadable', { path: pool }, { detail: `${pool}: it is no directory` })
}

/**
 * Puts a link to the pool's file in an archive's place, in one step: at no time is there neither. What compoze's `pool`
 * did, but only where the pool has these very bytes. The link is absolute if `pool` is, else relative to where it stands.
 * Throws `link-refused`; then all is as it was.
 */
export async function leaveLink(pool: string, archive: PooledArchive): Promise<LinkOutcome> {
  const { path, sha256 } = archive
  const before = await stateOf(path)
  if (before === undefined) return { outcome: 'link' }
  const held = join(pool, parseProjectName(archive.project), archive.filename)
  await checkHeld(held, archive)
  const target = isAbsolute(pool) ? held : relative(await realpath(dirname(path)), await realpath(held))
  const staged = join(dirname(path), `.${archive.filename}.${randomUUID()}`)
  await symlink(target, staged)
  try {
    if ((await fileDigest(path)) !== sha256 || (await stateOf(path)) !== before)
      throw refuse(path, 'it was changed meanwhile', 'upload it again')
    await rename(staged, path)
  } catch (error) {
    await rm(staged, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
  return { outcome: 'linked', target }
}

/** What differs after a file was written to or replaced; `undefined` of a link. */
async function stateOf(path: string): Promise<string | undefined> {
  const status = await lstat(path, { bigint: true })
  const { dev, ino, size, mtimeNs, ctimeNs } = status
  return status.isSymbolicLink() ? undefined : [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

async function checkHeld(held: string, { path, sha256 }: PooledArchive): Promise<void> {
  const status = await lstat(held).catch((cause: unknown) => {
    throw refuse(path, `${held}: ${reasonOf(cause)}`, "name the directory of this server's pool: its data/pool", cause)
  })
  if (!status.isFile()) throw refuse(path, `${held} is no file`, 'a link to a link could lead back to itself')
  const own = await stat(path)
  if (own.ino === status.ino && own.dev === status.dev) throw refuse(path, `it is the pool's own file`)
  if ((await fileDigest(held)) !== sha256)
    throw refuse(path, `${held} has other bytes`, 'keep both, and find out which is right')
}

function refuse(path: string, why: string, hint?: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'link-refused',
    { path },
    { detail: `${path}: ${why}`, cause, ...(hint === undefined ? {} : { hint }) },
  )
}
