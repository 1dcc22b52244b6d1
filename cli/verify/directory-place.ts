import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { releasesIn } from '../export/list-releases.ts'
import { isSystemError } from '../files/file-digest.ts'
import { reasonOf } from '../io.ts'
import type { Place } from './place.ts'

/** What `firn export` has written, as it lies on disk. */
export async function directoryPlace(top: string): Promise<Place> {
  return {
    name: top,
    base: undefined,
    hasAliases: true,
    open: (path) => openFile(top, path),
    digestOf: () => Promise.resolve(undefined),
    listing: {
      releases: await releasesOf(top),
      below: (directory) => filesBelow(top, directory),
      all: undefined,
      problems: [],
    },
    close: () => Promise.resolve(),
  }
}

async function releasesOf(top: string): Promise<readonly ReleaseName[]> {
  const names = await releasesIn(top)
  return names.toSorted((a, b) => compareCodePoints(printReleaseName(a), printReleaseName(b)))
}

async function openFile(top: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const status = await stat(join(top, path))
    if (status.isFile()) return bytesOf(top, path)
    throw unreadable(path, 'it is no file')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error instanceof RegistryError ? error : unreadable(path, reasonOf(error), error)
  }
}

async function* bytesOf(top: string, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(join(top, path), { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw unreadable(path, reasonOf(error), error)
  }
}

function unreadable(path: string, detail: string, cause?: unknown): RegistryError {
  return new RegistryError('input-unreadable', { path }, { detail, cause })
}

async function filesBelow(top: string, directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(top, directory), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(top, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .toSorted(compareCodePoints)
}
