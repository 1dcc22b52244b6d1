import { InvalidArgumentError, Option, type Command } from 'commander'

/** Options of every command that speaks to a server. */
export interface ServerOptions {
  readonly url: string
  readonly token?: string
  readonly json?: boolean
}

export function serverOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'the firn server')
        .env('FIRN_URL')
        .default('http://127.0.0.1:8047')
        .argParser(parseHttpUrl),
    )
    .addOption(
      new Option('--token <token>', 'who you are; better in the environment, or by firn login').env('FIRN_TOKEN'),
    )
    .option('--json', 'print JSON for programs to read')
}

/** An option's http or https URL, as it stands. Throws `InvalidArgumentError`. */
export function parseHttpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new InvalidArgumentError('It is an http or https URL.')
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
