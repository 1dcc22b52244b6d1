import { Command } from 'commander'
import { grouped } from '../../pool/grouped.ts'
import { whereUsed, type ReleaseSummary, type UsageAnswer, type UsedFile } from '../calls/questions.ts'
import { connect } from '../connection.ts'
import { count, plain, type Io } from '../io.ts'
import { moreLines, pageOptions, type PageOptions } from '../page-options.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'
import { columnLines, printMoment, shortDigest, tableLines } from '../table.ts'

export function whereUsedCommand(io: Io): Command {
  return pageOptions(serverOptions(new Command('where-used')))
    .summary('find the releases that a project, version or file is in')
    .description(
      'Find the releases that a project, some of its versions, or a file is in, and the releases laid over those that have it from there.',
    )
    .argument('<what>', "as lxml, 'lxml<4.9', a filename, or a sha256 (12 of its first digits do)")
    .addHelpText(
      'after',
      "\nExamples:\n  firn where-used lxml\n  firn where-used 'lxml<4.9'\n  firn where-used lxml-4.9.1-cp311-cp311-manylinux_2_28_x86_64.whl\n  firn where-used sha256:0123456789ab",
    )
    .action(async (what: string, options: ServerOptions & PageOptions) => {
      const { limit, after } = options
      const answer = await whereUsed(connect(options), { q: what, limit, after })
      io.stdout.write(options.json === true ? `${JSON.stringify(answer)}\n` : plain(describe(answer, io)))
    })
}

function describe({ q, files, next }: UsageAnswer, io: Io): string {
  if (files.length === 0) return `the pool has no file of ${q}; ask for the project alone to see its versions\n`
  const used = grouped(
    files.filter(({ releases }) => releases.length > 0),
    sameUse,
  )
  const unused = files.filter(({ releases }) => releases.length === 0)
  const sections = [
    ...[...used.values()].map((group) => groupLines(group, io.stdout.columns)),
    ...(unused.length === 0 ? [] : [[`in no release: ${count(unused.length, 'file')}`, ...fileLines(unused)]]),
  ]
  return `${[sections.map((lines) => lines.join('\n')).join('\n\n'), ...moreLines(next)].join('\n')}\n`
}

/** Files of one version that the same releases have stand together. */
function sameUse({ project, version, releases }: UsedFile): string {
  return JSON.stringify([project, version, releases.map(nameOf)])
}

function groupLines(group: readonly UsedFile[], width: number | undefined): readonly string[] {
  const releases = group[0]?.releases ?? []
  const rows = inTree(releases).map(({ release, depth }) => [
    `${'  '.repeat(depth)}${nameOf(release)}`,
    printMoment(release['frozen-at']),
    release.base ? nameOf(release.base) : '-',
  ])
  const table = tableLines({ head: ['RELEASE', 'FROZEN (UTC)', 'BASE'], rows }, width && width - 4)
  return [...fileLines(group), ...table.map((line) => `    ${line}`)]
}

function fileLines(files: readonly UsedFile[]): readonly string[] {
  return columnLines(
    files.map(({ name, version, filename, sha256, unjudged }) => [
      `${name} ${version}`,
      filename,
      `sha256:${shortDigest(sha256)}`,
      unjudged ? '(no version of PEP 440: it may be asked for or not)' : '',
    ]),
  )
}

interface Placed {
  readonly release: ReleaseSummary
  readonly depth: number
}

/** Each release after the one that it is laid over, if that has the file too. */
function inTree(releases: readonly ReleaseSummary[]): readonly Placed[] {
  const names = new Set(releases.map(nameOf))
  const over = (base: string): readonly ReleaseSummary[] =>
    releases.filter((release) => release.base && nameOf(release.base) === base)
  const placed = (release: ReleaseSummary, depth: number): readonly Placed[] => [
    { release, depth },
    ...over(nameOf(release)).flatMap((each) => placed(each, depth + 1)),
  ]
  const roots = releases.filter(({ base }) => !base || !names.has(nameOf(base)))
  return roots.flatMap((release) => placed(release, 0))
}

function nameOf({ product, release }: { readonly product: string; readonly release: string }): string {
  return `${product}/${release}`
}
