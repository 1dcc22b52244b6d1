import { Command } from 'commander'
import type { ErrorCode } from '../../pool/errors.ts'
import type { FetchEvent } from '../../pool/fetch-event.ts'
import { parseTarget } from '../../pool/target.ts'
import { fetchIntoPool } from '../calls/fetch.ts'
import { connect, goneMeanwhile } from '../connection.ts'
import { describeFetch, exitOfFetch } from '../fetch-outcome.ts'
import { guardFields, guardOptions, type GuardOptions } from '../guard-options.ts'
import { count, plain, printBytes, type Io } from '../io.ts'
import { projectsOf, readFindLinks, withLocalArchives } from '../local-archives.ts'
import { machineTarget } from '../machine-target.ts'
import { pinOptions, readOptions, targetOption, type PinOptions } from '../pin-options.ts'
import { askedSources, indexOption, placeOptions, pythonOf, type PlaceOptions } from '../place-options.ts'
import { progress, type Progress } from '../progress.ts'
import { printNotice } from '../notices.ts'
import { collect, serverOptions, type ServerOptions } from '../server-options.ts'
import { resolveForFetch } from '../resolve/resolve-for-fetch.ts'
import { resolverOptions, type ResolverOptions } from '../resolve/resolver-options.ts'

interface FetchOptions extends ServerOptions, PinOptions, PlaceOptions, ResolverOptions, GuardOptions {
  readonly target?: readonly string[]
  readonly allFiles?: boolean
  readonly best?: boolean
  readonly findLinks?: readonly string[]
  readonly allowUnhashed?: boolean
}

export function fetchCommand(io: Io, exit: (code: number) => void): Command {
  return guardOptions(resolverOptions(placeOptions(pinOptions(serverOptions(new Command('fetch'))))))
    .summary('bring distributions from an upstream index into the pool')
    .description(
      'Bring the files of exact pins from upstream indexes into the pool, checked by their hashes: sdists, pure wheels, ' +
        'and the wheels of the targets; of each pin from the first index that has it. What the pool has is not fetched again.',
    )
    .argument('[requirement...]', 'NAME==VERSION')
    .addOption(targetOption("this machine's Python"))
    .addOption(indexOption("the server's").env('FIRN_UPSTREAM'))
    .option('--all-files', 'every file of the version, for whatever platform')
    .option(
      '-l, --find-links <page>',
      'page of links, or local directory, for what no index has; may be repeated',
      collect,
    )
    .option('--best', 'what is not pinned is met by the newest version that fits')
    .option('--allow-unhashed', 'also files of which no hash is stated: they are taken as they come')
    .addHelpText(
      'after',
      '\nExamples:\n  firn fetch pyramid==2.0.2\n  firn fetch -i https://ours.example/simple/ -i https://theirs.example/simple/ -l wheels/ karl==3.30\n  firn fetch --fetch-site-packages --python venv/bin/python\n  firn fetch -r versions.cfg --target cp311-manylinux_x86_64\n' +
        "  firn fetch --resolve 'pyramid>=2' -r loose.txt --exclude-newer 2026-11-01\n" +
        '  firn fetch -r requirements.txt --min-age 7d --allow-young lxml==5.3.1',
    )
    .action(async (requirements: string[], options: FetchOptions) => exit(await fetch(requirements, options, io)))
}

async function fetch(requirements: readonly string[], options: FetchOptions, io: Io): Promise<number> {
  const { url, indexUrl: indexes = [], allFiles = false, best = false, allowUnhashed = false, json = false } = options
  const python = pythonOf(options, io.env)
  const asked = await askedSources(requirements, options, python)
  const { pages, archives } = await readFindLinks(options.findLinks ?? [])
  const targets = options.target ?? [await machineTarget(python)]
  const choice = { allFiles, eggs: options.includeBinaryEggs ?? false }
  const connection = connect(options)
  const sources = await resolveForFetch(io, connection, { sources: asked, targets, indexes, options })
  const read = { sources, ...readOptions(options), targets, ...choice, best, allowUnhashed }
  const body = { ...read, indexes, findLinks: pages, atHand: projectsOf(archives), ...guardFields(options) }
  const bar = progress(io)
  const uploading = { connection, bar, signal: io.signal }
  const local = { archives, uploading, targets: targets.map(parseTarget), ...choice }
  const events = withLocalArchives(fetchIntoPool(connection, body, io.signal), local)
  let last: FetchEvent | undefined
  const codes = new Set<ErrorCode>()
  try {
    for await (const event of events) {
      if (event.event === 'failed') codes.add(event.code)
      if (json) io.stdout.write(`${JSON.stringify(event)}\n`)
      else show(event, bar)
      last = event
    }
  } finally {
    bar.stop()
  }
  // Without its last line the answer is not whole: the server went away while it worked.
  if (last?.event !== 'done') throw goneMeanwhile(url)
  if (!json) io.stdout.write(describeFetch(last, codes))
  return exitOfFetch(codes)
}

function show(event: FetchEvent, bar: Progress): void {
  switch (event.event) {
    case 'notice':
      return bar.line(`note     ${printNotice(event.notice)}`)
    case 'plan': {
      const size = event.bytes > 0 ? ` (${printBytes(event.bytes)})` : ''
      bar.line(
        `${count(event.files, 'file')} to fetch${size} from ${event.indexes.join(', ')}, ${event.held} already in the pool`,
      )
      if (event.files > 0) bar.start(event.bytes)
      return
    }
    case 'chosen':
      return bar.line(`chosen   ${event.name}==${event.version}  for ${event.requirement}, from ${event.index}`)
    case 'uploaded':
      return bar.line(`added    ${event.filename}  ${printBytes(event.size)}, from ${event.path}`)
    case 'progress':
      return bar.add(event.bytes)
    case 'fetched':
      return bar.line(`fetched  ${event.filename}  ${printBytes(event.size)}`)
    case 'failed':
      bar.complain(plain(`failed   ${event.subject}: ${event.message}`))
      return
    case 'done':
      return
  }
}
