import { Command } from 'commander'
import { checkLog, type LogProblem, type NamedHead } from '../../pool/proof/log-check.ts'
import { parseHead, type LogHead } from '../../pool/proof/log-head.ts'
import { keyring, shortId } from '../../pool/proof/public-key.ts'
import { allEvents, listKeys, readHead } from '../calls/proof.ts'
import { connect, type Connection } from '../connection.ts'
import { exitCodes } from '../exit-codes.ts'
import { count, type Io } from '../io.ts'
import { describeTrust, trustedKeys, type Trust } from '../keys.ts'
import { progress } from '../progress.ts'
import { collect, serverOptions, type ServerOptions } from '../server-options.ts'
import { readSource } from '../sources.ts'

interface VerifyOptions extends ServerOptions {
  readonly head?: readonly string[]
  readonly key?: readonly string[]
}

/** Of what is wrong as many lines are printed; `--json` has all. */
const shown = 50

export function logVerifyCommand(io: Io, exit: (code: number) => void): Command {
  return serverOptions(new Command('verify'))
    .summary('prove that the log is whole and unchanged')
    .description(
      'Read the whole log and prove it: every line has its digest, follows on the one before it, and is signed. Against a head that was kept, prove that history up to then is the same. Exits with 2 if anything is wrong.',
    )
    .option('--head <file>', 'a head that firn log head printed before; may be repeated', collect)
    .option('-k, --key <file-or-id>', 'trust this key alone, as PEM or by its id; may be repeated', collect)
    .addHelpText('after', '\nExample:\n  firn log verify --head head-2026-10.json --key firn.pem')
    .action((options: VerifyOptions) => verify(options, io, exit))
}

interface Verified {
  readonly trust: Trust
  readonly lines: number
  readonly head: LogHead
  readonly heads: readonly NamedHead[]
  readonly problems: readonly LogProblem[]
}

async function verify(options: VerifyOptions, io: Io, exit: (code: number) => void): Promise<void> {
  const connection = connect(options)
  const heads = await Promise.all((options.head ?? []).map(readKeptHead))
  const trust = await trustedKeys(options.key ?? [], await listKeys(connection))
  const verified = await prove(connection, { trust, heads }, io)
  const { problems, lines, head } = verified
  if (problems.length > 0) exit(exitCodes.differs)
  if (options.json === true) {
    const { keys, pinned } = trust
    const answer = { holds: problems.length === 0, lines, head, keys: keys.map(({ id }) => id), pinned, problems }
    io.stdout.write(`${JSON.stringify(answer)}\n`)
  } else io.stdout.write(describe(verified, connection.url))
}

async function readKeptHead(path: string): Promise<NamedHead> {
  return { source: path, head: parseHead((await readSource(path)).text, path) }
}

/** The server's head is asked for first: what is added while the log is read comes after it. */
async function prove(
  connection: Connection,
  { trust, heads }: Pick<Verified, 'trust' | 'heads'>,
  io: Io,
): Promise<Verified> {
  const head = await readHead(connection)
  const check = checkLog(keyring(trust.keys), [...heads, { source: "the server's head", head }])
  const bar = progress(io, (done) => count(done, 'line'))
  bar.start(head.sequence)
  try {
    for await (const lines of allEvents(connection)) {
      check.take(lines)
      bar.add(lines.length)
    }
  } finally {
    bar.stop()
  }
  return { trust, head, heads, lines: check.lines, problems: check.finish() }
}

function describe({ trust, lines, head, heads, problems }: Verified, url: string): string {
  const found = problems.slice(0, shown).map(({ line, head: of, message }) => `  ${of ?? `line ${line}`} ${message}`)
  const more = problems.length > shown ? [`  and ${problems.length - shown} more`] : []
  const texts = [
    problems.length === 0
      ? `the log of ${url} holds: ${count(lines, 'line')}`
      : `the log of ${url} does not hold: ${count(problems.length, 'problem')} in ${count(lines, 'line')}`,
    ...found,
    ...more,
    ...(problems.length === 0 ? [`  head  sha256:${head.digest}, signed by ${shortId(head.key)}`] : []),
    ...heads
      .filter(({ source }) => problems.every((problem) => problem.head !== source))
      .map(({ source, head: kept }) => `  ${source}: up to line ${kept.sequence} nothing has changed since ${kept.at}`),
    ...describeTrust(trust),
  ]
  return `${texts.join('\n')}\n`
}
