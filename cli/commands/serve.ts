import { Command, InvalidArgumentError, Option } from 'commander'
import { resolve } from 'node:path'
import { openStore } from '../../storage/store.ts'
import { requestLog, type LogForm } from '../../server/request-log.ts'
import { firnServer, listen, stop } from '../../server/server.ts'
import { upstreamClient } from '../../server/upstream/client.ts'
import { version } from '../../server/version.ts'
import type { RegistryError } from '../../pool/errors.ts'
import { count, type Io } from '../io.ts'

interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly upstream?: string
  readonly maxUpload: number
  readonly log: LogForm
}

/** How long answers in flight may take once the server is asked to stop. */
const graceMs = 30_000

export function serveCommand(io: Io): Command {
  return new Command('serve')
    .summary('run the server')
    .description('Run the server on a data directory, which is made if it is not there.')
    .addOption(new Option('--host <host>', 'address to listen on').env('FIRN_HOST').default('127.0.0.1'))
    .addOption(
      new Option('--port <port>', 'port; 0 takes any free one').env('FIRN_PORT').default(8047).argParser(parsePort),
    )
    .addOption(new Option('--data <directory>', 'where everything is kept').env('FIRN_DATA').default('data'))
    .addOption(
      new Option('--upstream <url>', "index that fetch asks; default: this machine's pip's").env('FIRN_UPSTREAM'),
    )
    .addOption(
      new Option('--max-upload <MB>', 'largest file taken in')
        .env('FIRN_MAX_UPLOAD')
        .default(2000)
        .argParser(parsePositive),
    )
    .addOption(
      new Option('--log <form>', 'request log').env('FIRN_LOG').choices(['text', 'json', 'none']).default('text'),
    )
    .addHelpText('after', '\nExample:\n  firn serve --data /var/lib/firn --port 8047')
    .action((options: ServeOptions) => serve(options, io))
}

async function serve(options: ServeOptions, io: Io): Promise<void> {
  const say = (text: string) => io.stdout.write(`${text}\n`)
  const store = await openStore(resolve(options.data), { fault: io.env['FIRN_FAULT'] })
  const log = requestLog(options.log, io.stdout)
  const upstream = upstreamClient({
    index: options.upstream,
    python: io.env['FIRN_PYTHON'],
    userAgent: `firn/${version}`,
  })
  const server = firnServer({
    store,
    log,
    upstream,
    uploadLimit: options.maxUpload * 1_000_000,
    onError: (error) => io.stderr.write(describeInternal(error)),
  })
  try {
    const url = await listen(server, options)
    if (store.swept > 0) say(`swept ${count(store.swept, 'unfinished file')} from staging`)
    if (!isLoopback(options.host)) {
      io.stderr.write(
        `warning: whoever reaches ${options.host} can upload and freeze: firn does not ask who they are\n`,
      )
    }
    say(`firn ${version} ready on ${url} (data in ${resolve(options.data)})`)
    await stopAsked(io.signal)
    say('stopping: answering what is in flight')
    await stop(server, graceMs)
    log.flush()
    say('stopped')
  } finally {
    await upstream.close()
    await store.close()
  }
}

function stopAsked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function describeInternal({ facts, cause, message }: RegistryError): string {
  const inner = cause instanceof Error ? (cause.stack ?? cause.message) : message
  return `${new Date().toISOString()} error ${String(facts['id'] ?? '')} ${inner}\n`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}

function parsePositive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is a whole number above 0.')
  return Number(text)
}
