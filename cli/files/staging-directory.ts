import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import { isSystemError } from './file-digest.ts'

const prefix = '.firn-staging.'

/**
 * Runs `work` with a directory of its own inside `parent`, and so on the same file system: what is complete there goes
 * to its place in one step. It is removed afterwards; what a killed process of this machine left is removed first.
 */
export async function withStaging<T>(parent: string, work: (directory: string) => Promise<T>): Promise<T> {
  await makeParent(parent)
  await sweep(parent)
  const directory = join(parent, `${prefix}${hostname()}.${process.pid}.${randomUUID()}`)
  await mkdir(directory)
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Throws `input-unreadable` where something else than a directory is in the way. */
async function makeParent(parent: string): Promise<void> {
  try {
    await mkdir(parent, { recursive: true })
  } catch (cause) {
    if (!isSystemError(cause, 'EEXIST', 'ENOTDIR')) throw cause
    const detail = `${parent} cannot be made a directory: a file is there`
    throw new RegistryError('input-unreadable', { path: parent }, { detail, cause })
  }
}

async function sweep(parent: string): Promise<void> {
  const own = `${prefix}${hostname()}.`
  const left = (await readdir(parent)).filter((name) => name.startsWith(own) && !isAlive(name.slice(own.length)))
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true })))
}

/** `PID.UUID`. */
function isAlive(owner: string): boolean {
  try {
    return process.kill(Number(owner.split('.')[0]), 0)
  } catch (error) {
    return !isSystemError(error, 'ESRCH')
  }
}
