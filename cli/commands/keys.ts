import { Command } from 'commander'
import { shortId } from '../../pool/proof/public-key.ts'
import { listKeys, type KeyAnswer } from '../calls/proof.ts'
import { connect } from '../connection.ts'
import type { Io } from '../io.ts'
import { keyNamed } from '../keys.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

export function keysCommand(io: Io): Command {
  return serverOptions(new Command('keys'))
    .summary("print the server's public keys")
    .description(
      'Print the public keys that releases and the log are signed with. Keep them where the server cannot change them, and give them to firn verify and firn log verify.',
    )
    .argument('[id]', 'print the PEM of this key alone; the beginning of its id is enough')
    .addHelpText(
      'after',
      '\nExamples:\n  firn keys\n  firn keys 3f9a > firn.pem\n  firn verify karl/3.30 --key firn.pem',
    )
    .action((id: string | undefined, options: ServerOptions) => keys(id, options, io))
}

async function keys(id: string | undefined, options: ServerOptions, io: Io): Promise<void> {
  const known = await listKeys(connect(options))
  const wanted = id === undefined ? known : [keyNamed(id, known)]
  if (options.json === true) io.stdout.write(`${JSON.stringify({ keys: wanted })}\n`)
  else io.stdout.write(id === undefined ? wanted.map(describe).join('\n') : wanted.map(({ pem }) => pem).join(''))
}

function describe({ id, pem, since, current }: KeyAnswer): string {
  return `${shortId(id)}  since ${since}${current ? ', signs now' : ', signed before'}\nsha256:${id}\n${pem}`
}
