import { releaseDirectory, releaseTree } from '../../pool/export/tree.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { connect } from '../connection.ts'
import { withStaging } from '../files/staging-directory.ts'
import { count, type Io } from '../io.ts'
import { progress } from '../progress.ts'
import type { ServerOptions } from '../server-options.ts'
import { writeTopPage } from './list-releases.ts'
import { openRelease } from './open-release.ts'
import { poolBytes, poolDirectory } from './pool-bytes.ts'
import { releasesMeant } from './release-names.ts'
import { writeTree, type TreePlace, type Written } from './write-tree.ts'

export interface ExportOptions extends ServerOptions {
  readonly all?: boolean
  readonly pool?: string
  readonly baseUrl?: string
}

export interface Wanted {
  readonly name?: string
  readonly top: string
}

/** `firn export`: the release that is named, or all, into the tree at `top`. */
export async function exportReleases({ name, top }: Wanted, options: ExportOptions, io: Io): Promise<void> {
  const connection = connect(options)
  const releases = await releasesMeant(connection, name, options.all === true)
  const pool = await poolDirectory(options.pool, io.env['FIRN_DATA'])
  const bar = progress(io)
  await withStaging(top, async (staging) => {
    const bytes = poolBytes(connection, pool, io.signal)
    let total = 0
    const onStart = (more: number) => bar.start((total += more))
    const place = { top, staging, bytes, known: new Map(), onStart, onBytes: bar.add }
    try {
      for (const release of releases) {
        const { digest, written } = await exportOne(connection, place, release, options.baseUrl)
        const said = { release: printReleaseName(release), directory: top, digest, ...written }
        bar.line(options.json === true ? JSON.stringify(said) : describe(said))
      }
      await writeTopPage(top, staging)
    } finally {
      bar.stop()
    }
  })
}

async function exportOne(
  connection: ReturnType<typeof connect>,
  place: TreePlace,
  release: ReleaseName,
  base: string | undefined,
): Promise<{ digest: string; written: Written }> {
  const opened = await openRelease(connection, release, base)
  return {
    digest: opened.digest,
    written: await writeTree(place, releaseDirectory(release), releaseTree(opened)),
  }
}

function describe({
  release,
  directory,
  digest,
  linked,
  copied,
  pages,
  same,
}: Written & { readonly release: string; readonly directory: string; readonly digest: string }): string {
  const lines = [
    `exported ${release} to ${directory}`,
    `  new      ${count(linked, 'file')} linked, ${count(copied, 'file')} copied, ${count(pages, 'page')}`,
    ...(same === 0 ? [] : [`  there    ${count(same, 'file')} already`]),
    `  digest   sha256:${digest}`,
  ]
  return lines.join('\n')
}
