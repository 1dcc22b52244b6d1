import { Command, Option } from 'commander'
import { RegistryError } from '../../pool/errors.ts'
import { splitReleaseName } from '../../pool/release-name.ts'
import { readDocument, showRelease } from '../calls/questions.ts'
import { connect } from '../connection.ts'
import { describeRelease } from '../describe-release.ts'
import type { Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

/** What `--format` may be, and the name of that document in the release's URL. */
const formats: Readonly<Record<string, string>> = {
  requirements: 'requirements.txt',
  constraints: 'constraints.txt',
  'versions.cfg': 'versions.cfg',
  pylock: 'pylock.toml',
  sbom: 'sbom.cdx.json',
  manifest: 'manifest.json',
  signature: 'manifest.json.sig',
}

interface ShowOptions extends ServerOptions {
  readonly format?: string
}

export function showCommand(io: Io): Command {
  return serverOptions(new Command('show'))
    .summary('show what is in a release')
    .description('Show what is in a release, from where, since when; or print it in a form that a tool reads.')
    .argument('<product/release>', 'as karl/3.30')
    .addOption(new Option('--format <form>', 'print the release in this form').choices(Object.keys(formats)))
    .addHelpText(
      'after',
      '\nExamples:\n  firn show karl/3.30\n  firn show karl/3.30 --format requirements > requirements.txt\n  firn show karl/3.30 --format sbom > karl.cdx.json',
    )
    .action((name: string, options: ShowOptions) => show(name, options, io))
}

async function show(text: string, options: ShowOptions, io: Io): Promise<void> {
  const name = splitReleaseName(text)
  const connection = connect(options)
  const document = options.format === undefined ? undefined : formats[options.format]
  if (document !== undefined && options.json === true) throw twoForms()
  if (document !== undefined) {
    io.stdout.write(await readDocument(connection, name, document))
    return
  }
  const shown = await showRelease(connection, name)
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(shown)}\n`
      : describeRelease(shown, { url: connection.url, width: io.stdout.columns }),
  )
}

function twoForms(): RegistryError {
  const hint = '--json for what is known of the release, or --format for one of its documents as it is served'
  return new RegistryError('usage', {}, { detail: '--json and --format do not go together', hint })
}
