import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { RegistryError } from '../../pool/errors.ts'
import { connect } from '../connection.ts'
import { saveToken } from '../credentials.ts'
import type { Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

export function loginCommand(io: Io): Command {
  return serverOptions(new Command('login'))
    .summary('keep a token for a server')
    .description('Keep a token for a server, in a file for you alone. It is read from standard input, or asked for.')
    .addHelpText(
      'after',
      '\nExamples:\n  firn login --url https://firn.example.com\n  firn login --url https://firn.example.com < token.txt',
    )
    .action(async (options: ServerOptions) => {
      const token = options.token ?? (await readToken(io))
      // Who has a token that does not hold learns it now, not at the next upload.
      const whoami = connect({ url: options.url, token }).json<{ actor: string; proven: boolean }>(
        'GET',
        '/api/v1/whoami',
      )
      const { actor, proven } = await whoami
      if (!proven)
        throw new RegistryError(
          'token-invalid',
          {},
          { detail: 'it is no token of firn', hint: 'a token starts with firn_' },
        )
      const path = await saveToken(options.url, token, io.env)
      const answer = { url: options.url, actor, path }
      io.stdout.write(
        options.json === true
          ? `${JSON.stringify(answer)}\n`
          : `logged in at ${options.url} as ${actor}; kept in ${path}\n`,
      )
    })
}

export function logoutCommand(io: Io): Command {
  return serverOptions(new Command('logout'))
    .summary("forget a server's token")
    .description('Forget the token that is kept for a server. To take its power away: firn token revoke.')
    .addHelpText('after', '\nExample:\n  firn logout --url https://firn.example.com')
    .action(async (options: ServerOptions) => {
      const path = await saveToken(options.url, undefined, io.env)
      const text = `nothing is kept for ${options.url} any more (${path})\n`
      io.stdout.write(options.json === true ? `${JSON.stringify({ url: options.url, path })}\n` : text)
    })
}

async function readToken({ stdin, stderr }: Io): Promise<string> {
  if (!stdin) throw lacking()
  if (stdin.isTTY === true) stderr.write('token: ')
  const lines = createInterface({ input: stdin })
  try {
    for await (const line of lines) if (line.trim() !== '') return line.trim()
  } finally {
    lines.close()
  }
  throw lacking()
}

function lacking(): RegistryError {
  return new RegistryError(
    'usage',
    {},
    { detail: 'no token was given', hint: 'pipe it in, or give it with FIRN_TOKEN' },
  )
}
