import { Command } from 'commander'
import { readHead } from '../calls/proof.ts'
import { connect } from '../connection.ts'
import type { Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

export function logHeadCommand(io: Io): Command {
  return serverOptions(new Command('head'))
    .summary('print the signed head of the log, to be kept')
    .description(
      'Print how far the log goes, signed by the server, as JSON. Keep it elsewhere: given to firn log verify later, it proves that nothing of what was there has been changed or taken away.',
    )
    .addHelpText('after', '\nExample:\n  firn log head > head-2026-11.json')
    .action(async (options: ServerOptions) => {
      io.stdout.write(`${JSON.stringify(await readHead(connect(options)))}\n`)
    })
}
