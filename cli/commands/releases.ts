import { Command } from 'commander'
import { listReleases, type ListedRelease, type ReleaseList } from '../calls/questions.ts'
import { connect } from '../connection.ts'
import { plain, type Io } from '../io.ts'
import { moreLines, pageOptions, type PageOptions } from '../page-options.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'
import { printMoment, shortDigest, tableLines } from '../table.ts'

export function releasesCommand(io: Io): Command {
  return pageOptions(serverOptions(new Command('releases')))
    .summary('list frozen releases')
    .description(
      'List what is frozen: by product, the last frozen first. BASE is the release that a release is laid over, and the newest one of that product if it is newer.',
    )
    .argument('[product]', 'as karl; default: all products')
    .addHelpText('after', '\nExamples:\n  firn releases\n  firn releases acme\n  firn releases --limit 20 --json')
    .action(async (product: string | undefined, options: ServerOptions & PageOptions) => {
      const { limit, after } = options
      const list = await listReleases(connect(options), { product, limit, after })
      io.stdout.write(options.json === true ? `${JSON.stringify(list)}\n` : plain(describe(list, product, io)))
    })
}

function describe({ releases, next }: ReleaseList, product: string | undefined, io: Io): string {
  if (releases.length === 0) {
    const what = product === undefined ? 'nothing is frozen yet' : `no release of ${product} is frozen`
    return `${what}; make one with: firn freeze ${product ?? 'PRODUCT'}/RELEASE -r requirements.txt\n`
  }
  const head = ['RELEASE', 'FROZEN (UTC)', 'BY', 'PINS', 'BASE', 'DIGEST']
  const lines = tableLines({ head, rows: releases.map(row) }, io.stdout.columns)
  return `${[...lines, ...moreLines(next)].join('\n')}\n`
}

function row(release: ListedRelease): readonly string[] {
  const { product, base, pins, digest } = release
  return [
    `${product}/${release.release}`,
    printMoment(release['frozen-at']),
    release['frozen-by'],
    String(pins),
    base ? printBase(base) : '-',
    shortDigest(digest),
  ]
}

/** `karl/3.29`, and `karl/3.29 (3.30 is newer)`. */
function printBase({ product, release, newer }: NonNullable<ListedRelease['base']>): string {
  return `${product}/${release}${newer === null ? '' : ` (${newer} is newer)`}`
}
