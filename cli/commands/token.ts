import { Command, InvalidArgumentError, Option } from 'commander'
import { createToken, listTokens, revokeToken, type ListedToken, type TokenFacts } from '../calls/tokens.ts'
import { connect } from '../connection.ts'
import type { Io } from '../io.ts'
import { collect, serverOptions, type ServerOptions } from '../server-options.ts'
import { printMoment, tableLines } from '../table.ts'

interface CreateOptions extends ServerOptions {
  readonly scope: readonly string[]
  /** In days. */
  readonly expires: number | null
  readonly data?: string
}

export function tokenCommand(io: Io): Command {
  return new Command('token')
    .summary('make, list and revoke tokens')
    .description('Tokens say who may do what. The server keeps only their hashes; each is shown once.')
    .addHelpText(
      'after',
      '\nExamples:\n  firn token create ci --scope upload:karl --expires 90d\n  firn token list\n  firn token revoke 3f2a90c1d4e5',
    )
    .addCommand(createCommand(io))
    .addCommand(listCommand(io))
    .addCommand(revokeCommand(io))
}

const scopes = `
Scopes:
  read[:PRODUCT]     see a private product, or all of them
  upload[:PROJECT]   upload files of a project, or any; without a project also fetch
  freeze[:PRODUCT]   freeze releases of a product, or of any, and see them
  deploy[:SITE]      deploy to a site, or any
  admin              everything, tokens too

Examples:
  firn token create ci --scope upload:karl --scope freeze:karl --expires 90d
  firn token create acme-hosts --scope read:acme
  firn token create rescue --scope admin --data /var/lib/firn    # with the server stopped`

function createCommand(io: Io): Command {
  return serverOptions(new Command('create'))
    .summary('make a token and print it, once')
    .description('Make a token and print it, once.')
    .argument('<name>', 'what it is for; audit events name it')
    .requiredOption('-s, --scope <scope>', 'what it may do; may be repeated', collect)
    .addOption(
      new Option('-e, --expires <time>', 'after which it no longer holds, as 12h, 90d or never')
        .default(null, 'never')
        .argParser(parseSpan),
    )
    .option('--data <directory>', 'make it in a data directory whose server is stopped, instead of asking a server')
    .addHelpText('after', scopes)
    .action(async (name: string, options: CreateOptions) => {
      const body = { name, scopes: options.scope, expiresAt: expiry(options.expires) }
      const created =
        options.data === undefined ? await createToken(connect(options), body) : await inData(options.data, body)
      io.stdout.write(options.json === true ? `${JSON.stringify(created)}\n` : describeCreated(created))
    })
}

/** What opens a data directory takes most of a second to load; the other commands go without it. */
async function inData(data: string, body: Parameters<typeof createToken>[1]): ReturnType<typeof createToken> {
  const { createTokenInData } = await import('./serve-token.ts')
  return createTokenInData(data, body)
}

function parseSpan(text: string): number | null {
  if (text === 'never') return null
  const [, number = '', unit = ''] = /^([1-9]\d{0,4})([hdwmy])$/.exec(text) ?? []
  const days = { h: 1 / 24, d: 1, w: 7, m: 30, y: 365 }[unit]
  if (days === undefined) throw new InvalidArgumentError('It is a time such as 12h, 90d, 4w, 6m or 1y, or never.')
  return Number(number) * days
}

function expiry(days: number | null): string | null {
  return days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString()
}

function describeCreated({ token, id, name, scopes, expiresAt }: TokenFacts & { readonly token: string }): string {
  return `${token}
  shown this once; give it as FIRN_TOKEN, with firn login, or as the password of the user __token__
  id       ${id}
  name     ${name}
  scopes   ${scopes.join(' ')}
  expires  ${expiresAt === null ? 'never' : `${printMoment(expiresAt)} UTC`}
`
}

function listCommand(io: Io): Command {
  return serverOptions(new Command('list'))
    .summary('list all tokens: what they may do, when they were last used')
    .description('List all tokens: what they may do, when they were last used.')
    .addHelpText('after', '\nExample:\n  firn token list')
    .action(async (options: ServerOptions) => {
      const tokens = await listTokens(connect(options))
      io.stdout.write(options.json === true ? `${JSON.stringify({ tokens })}\n` : describeList(tokens))
    })
}

function momentOr(at: string | null, none: string): string {
  return at === null ? none : printMoment(at)
}

function describeList(tokens: readonly ListedToken[]): string {
  if (tokens.length === 0) return 'no tokens; make one: firn token create NAME --scope SCOPE\n'
  const rows = tokens.map(({ id, name, scopes, lastUsedAt, expiresAt, revokedAt }) => [
    id,
    name,
    scopes.join(' '),
    momentOr(lastUsedAt, 'never'),
    revokedAt === null ? momentOr(expiresAt, 'never') : `revoked ${printMoment(revokedAt)}`,
  ])
  return `${tableLines({ head: ['ID', 'NAME', 'SCOPES', 'LAST USED (UTC)', 'EXPIRES (UTC)'], rows }).join('\n')}\n`
}

function revokeCommand(io: Io): Command {
  return serverOptions(new Command('revoke'))
    .summary('take a token away, at once and for good')
    .description('Take a token away, at once and for good.')
    .argument('<id>', 'as firn token list shows it')
    .addHelpText('after', '\nExample:\n  firn token revoke 3f2a90c1d4e5')
    .action(async (id: string, options: ServerOptions) => {
      const answer = await revokeToken(connect(options), id)
      const text = answer.outcome === 'same' ? `${id} was revoked already\n` : `${id} is revoked\n`
      io.stdout.write(options.json === true ? `${JSON.stringify(answer)}\n` : text)
    })
}
