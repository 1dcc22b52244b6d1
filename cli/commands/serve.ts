import { Command, InvalidArgumentError, Option } from 'commander'
import { dataOption } from '../data-option.ts'
import type { Io } from '../io.ts'
import { signingKeyOption } from '../signing-key-option.ts'
import { accessOptions } from './serve-access-options.ts'
import { limitOptions } from './serve-limit-options.ts'
import { proxyOptions } from './serve-proxy-options.ts'
import type { ServeOptions } from './serve-run.ts'
import { upstreamOptions } from './serve-upstream-options.ts'

export function serveCommand(io: Io): Command {
  return serveOptions(new Command('serve'))
    .summary('run the server')
    .description('Run the server on a data directory, which is made if it is not there.')
    .addHelpText(
      'after',
      '\nExamples:\n  firn serve --data /var/lib/firn --port 8047\n' +
        '  firn serve --host 0.0.0.0 --private acme --private globex\n' +
        '  firn serve --writes token --public-url https://firn.example/ --trusted-proxy 127.0.0.1\n' +
        '  firn serve --pull-through --min-age 7d',
    )
    .action(async (options: ServeOptions) => {
      // What a server needs takes most of a second to load; the other commands go without it.
      const { serve } = await import('./serve-run.ts')
      await serve(options, io)
    })
}

/** All of them, each group under its heading in the help. */
function serveOptions(command: Command): Command {
  ownOptions(command)
  upstreamOptions(command.optionsGroup('What comes from upstreams:'))
  accessOptions(command.optionsGroup('Who may do what:'))
  proxyOptions(command.optionsGroup('Behind a proxy:'))
  limitOptions(command.optionsGroup('Limits:'))
  return command.optionsGroup('Options:')
}

function ownOptions(command: Command): Command {
  return command
    .addOption(new Option('--host <host>', 'address to listen on').env('FIRN_HOST').default('127.0.0.1'))
    .addOption(
      new Option('--port <port>', 'port; 0 takes any free one').env('FIRN_PORT').default(8047).argParser(parsePort),
    )
    .addOption(dataOption())
    .addOption(signingKeyOption('Ed25519 key to sign with; default: one made in the data directory'))
    .addOption(
      new Option('--log <form>', 'request log').env('FIRN_LOG').choices(['text', 'json', 'none']).default('text'),
    )
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}
