import { Command, Option } from 'commander'
import { errors } from '../../pool/errors.ts'
import type { FetchEvent } from '../../pool/fetch-event.ts'
import { fetchIntoPool } from '../calls/fetch.ts'
import { connect, goneMeanwhile } from '../connection.ts'
import { count, printBytes, type Io } from '../io.ts'
import { machineTarget } from '../machine-target.ts'
import { pinOptions, readOptions, type PinOptions } from '../pin-options.ts'
import { progress, type Progress } from '../progress.ts'
import { printNotice } from '../notices.ts'
import { collect, serverOptions, type ServerOptions } from '../server-options.ts'
import { readSources } from '../sources.ts'

interface FetchOptions extends ServerOptions, PinOptions {
  readonly target?: readonly string[]
  readonly allFiles?: boolean
  readonly indexUrl?: string
}

export function fetchCommand(io: Io, exit: (code: number) => void): Command {
  return pinOptions(serverOptions(new Command('fetch')))
    .summary('bring distributions from an upstream index into the pool')
    .description(
      'Bring the files of exact pins from an upstream index into the pool, checked by its hashes: sdists, pure wheels, ' +
        'and the wheels of the targets. What the pool has is not fetched again.',
    )
    .argument('[requirement...]', 'NAME==VERSION')
    .option(
      '-t, --target <target>',
      "as cp311-manylinux_x86_64; may be repeated; default: this machine's Python",
      collect,
    )
    .option('--all-files', 'every file of the version, for whatever platform')
    .addOption(new Option('-i, --index-url <url>', "upstream index; default: the server's").env('FIRN_UPSTREAM'))
    .addHelpText(
      'after',
      '\nExamples:\n  firn fetch pyramid==2.0.2\n  firn fetch -r versions.cfg --target cp311-manylinux_x86_64',
    )
    .action(async (requirements: string[], options: FetchOptions) => exit(await fetch(requirements, options, io)))
}

async function fetch(requirements: readonly string[], options: FetchOptions, io: Io): Promise<number> {
  const sources = await readSources(options.requirement ?? [], requirements, options.constraint)
  const targets = options.target ?? [await machineTarget(io.env['FIRN_PYTHON'])]
  const { url, indexUrl, allFiles = false, json = false } = options
  const events = fetchIntoPool(
    connect(options),
    { sources, ...readOptions(options), targets, allFiles, ...(indexUrl === undefined ? {} : { index: indexUrl }) },
    io.signal,
  )
  const bar = progress(io)
  let last: FetchEvent | undefined
  try {
    for await (const event of events) {
      if (json) io.stdout.write(`${JSON.stringify(event)}\n`)
      else show(event, bar)
      last = event
    }
  } finally {
    bar.stop()
  }
  // Without its last line the answer is not whole: the server went away while it worked.
  if (last?.event !== 'done') throw goneMeanwhile(url)
  if (!json) io.stdout.write(summary(last))
  return last.failed > 0 ? errors['fetch-incomplete'].exit : 0
}

function show(event: FetchEvent, bar: Progress): void {
  switch (event.event) {
    case 'notice':
      return bar.line(`note     ${printNotice(event.notice)}`)
    case 'plan': {
      const size = event.bytes > 0 ? ` (${printBytes(event.bytes)})` : ''
      bar.line(`${count(event.files, 'file')} to fetch${size} from ${event.index}, ${event.held} already in the pool`)
      if (event.files > 0) bar.start(event.bytes)
      return
    }
    case 'progress':
      return bar.add(event.bytes)
    case 'fetched':
      return bar.line(`fetched  ${event.filename}  ${printBytes(event.size)}`)
    case 'failed':
      bar.complain(`failed   ${event.subject}: ${event.message}`)
      return
    case 'done':
      return
  }
}

function summary({ fetched, held, failed, bytes }: Extract<FetchEvent, { event: 'done' }>): string {
  const came = `${count(fetched, 'file')} fetched (${printBytes(bytes)}), ${held} already in the pool`
  return failed === 0
    ? `${came}\n`
    : `${came}, ${failed} failed; what came stays: run the same command again for the rest\n`
}
