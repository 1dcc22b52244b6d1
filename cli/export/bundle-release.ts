import { link } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import { releaseTree, type TreeEntry } from '../../pool/export/tree.ts'
import { topPage } from '../../pool/export/top-page.ts'
import { printReleaseName, splitReleaseName } from '../../pool/release-name.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { connect } from '../connection.ts'
import { fileDigest, isSystemError } from '../files/file-digest.ts'
import { withStaging } from '../files/staging-directory.ts'
import { count, printBytes, type Io } from '../io.ts'
import { progress } from '../progress.ts'
import type { ServerOptions } from '../server-options.ts'
import { openRelease } from './open-release.ts'
import { poolBytes, poolDirectory } from './pool-bytes.ts'
import { bundleSize, writeBundle } from './write-bundle.ts'

export interface BundleOptions extends ServerOptions {
  readonly pool?: string
}

/** `firn bundle`: one release as one file, which has its name when it is complete. */
export async function bundleRelease(name: string, file: string, options: BundleOptions, io: Io): Promise<void> {
  const connection = connect(options)
  // The first is that of whoever froze it; each server that took it in has another behind, and a bundle has none of those.
  const release = await openRelease(connection, splitReleaseName(name), undefined, ([original]) =>
    original ? [original] : [],
  )
  const entries = withTopPage(releaseTree(release), topPage([release.manifest]))
  const pool = await poolDirectory(options.pool, io.env['FIRN_DATA'])
  const bar = progress(io)
  bar.start(bundleSize(entries))
  const sha256 = await withStaging(dirname(file), async (staging) => {
    const staged = join(staging, basename(file))
    const source = { bytes: poolBytes(connection, pool, io.signal), onBytes: bar.add }
    await writeBundle(source, staged, { entries, at: new Date(release.manifest['frozen-at']) })
    await settle(staged, file)
    return fileDigest(file)
  }).finally(() => bar.stop())
  const said = {
    release: printReleaseName(release.manifest),
    file,
    digest: release.digest,
    sha256,
    size: bundleSize(entries),
  }
  io.stdout.write(options.json === true ? `${JSON.stringify(said)}\n` : describe(said, release.manifest.files.length))
}

/** link(2), which replaces nothing: a file of that name may be anything. Throws `export-differs`. */
async function settle(staged: string, file: string): Promise<void> {
  try {
    await link(staged, file)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    const digests = await Promise.all([staged, file].map((path) => fileDigest(path).catch(() => undefined)))
    if (digests[0] === digests[1]) return
    const hint = 'nothing is ever overwritten: give another name, or remove it'
    throw new RegistryError('export-differs', { file }, { detail: `${file} holds other bytes`, hint })
  }
}

function withTopPage(entries: readonly TreeEntry[], text: string): readonly TreeEntry[] {
  const page = { what: 'page', path: 'index.html', text } as const
  return [...entries, page].toSorted((a, b) => compareCodePoints(a.path, b.path))
}

function describe(
  said: {
    readonly release: string
    readonly file: string
    readonly digest: string
    readonly sha256: string
    readonly size: number
  },
  files: number,
): string {
  return `bundled ${said.release} as ${said.file}: ${count(files, 'file')}, ${printBytes(said.size)}
  digest   sha256:${said.digest}
  file     sha256:${said.sha256}
`
}
