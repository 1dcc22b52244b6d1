import { createWriteStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { pack, type Pack } from 'tar-stream'
import type { TreeEntry, TreeFile } from '../../pool/export/tree.ts'
import { syncFile } from '../files/sync.ts'
import { checked } from '../files/write-checked.ts'
import type { PoolBytes } from './pool-bytes.ts'

export interface Bundle {
  /** Ascending by path. */
  readonly entries: readonly TreeEntry[]
  /** What every entry has for its time. */
  readonly at: Date
}

export interface BundleSource {
  readonly bytes: PoolBytes
  readonly onBytes: (bytes: number) => void
}

/**
 * Writes a tree as one new tar whose bytes depend on nothing but the release: entries in order, one time, one mode,
 * nobody's names; on return it is durable. Throws `digest-mismatch`.
 */
export async function writeBundle(source: BundleSource, path: string, { entries, at }: Bundle): Promise<void> {
  const tar = pack()
  const written = pipeline(tar, createWriteStream(path, { flags: 'wx' }))
  // Told of below; until then nobody waits for it.
  written.catch(() => {})
  try {
    for (const entry of entries) await addEntry(tar, entry, at, source)
    tar.finalize()
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
  }
  await written
  await syncFile(path)
}

async function addEntry(tar: Pack, entry: TreeEntry, mtime: Date, source: BundleSource): Promise<void> {
  const header = { name: entry.path, mode: 0o644, uid: 0, gid: 0, mtime, type: 'file' } as const
  if (entry.what === 'page') return addWhole(tar, header, Buffer.from(entry.text))
  const expected = { name: entry.path, sha256: entry.sha256, size: entry.size }
  const bytes = checked(await source.bytes.open(entry), expected)
  // A tar has the size of a file before its bytes.
  if (entry.size === undefined) return addWhole(tar, header, await buffer(bytes))
  await pipeline(counted(bytes, source), tar.entry({ ...header, size: entry.size }))
}

async function* counted(bytes: AsyncIterable<Uint8Array>, { onBytes }: BundleSource): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk
    onBytes(chunk.length)
  }
}

type EntryHeader = Parameters<Pack['entry']>[0]

function addWhole(tar: Pack, header: EntryHeader, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(header, bytes, (error) => (error ? reject(error) : resolve()))
  })
}

export function bundleSize(entries: readonly TreeEntry[]): number {
  const files = entries.filter((entry): entry is TreeFile => entry.what === 'file')
  return files.reduce((total, { size = 0 }) => total + size, 0)
}
