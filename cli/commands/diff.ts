import { Command } from 'commander'
import { RegistryError } from '../../pool/errors.ts'
import { printReleaseName, splitReleaseName } from '../../pool/release-name.ts'
import { diffReleases, diffWithPins } from '../calls/questions.ts'
import { connect } from '../connection.ts'
import { describePinsDiff, describeReleaseDiff } from '../describe-diff.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { collect, serverOptions, type ServerOptions } from '../server-options.ts'
import { readSources } from '../sources.ts'

interface DiffOptions extends ServerOptions {
  readonly requirement?: readonly string[]
  readonly target?: readonly string[]
}

export function diffCommand(io: Io, exit: (code: number) => void): Command {
  return serverOptions(new Command('diff'))
    .summary('show how a release differs from another')
    .description(
      'Show how one release differs from another; or how pins differ from a release: a pip freeze, a lock file, a virtualenv. Exits with 2 when they differ.',
    )
    .argument('<from>', 'a release, as karl/3.29')
    .argument('[to]', 'the other release, as karl/3.30')
    .option('-r, --requirement <file>', 'instead of the other release: a file of pins; may be repeated', collect)
    .option('-t, --target <target>', 'where those pins are installed; default: the targets of the release', collect)
    .addHelpText(
      'after',
      '\nExamples:\n  firn diff karl/3.29 karl/3.30\n  pip freeze > installed.txt; firn diff karl/3.30 -r installed.txt --target cp311-manylinux_x86_64\n  firn diff karl/3.30 -r pylock.toml --json',
    )
    .action(async (from: string, to: string | undefined, options: DiffOptions) => {
      const same = await diff({ from, to, files: options.requirement ?? [] }, options, io)
      if (!same) exit(exitCodes.differs)
    })
}

interface Sides {
  readonly from: string
  readonly to: string | undefined
  readonly files: readonly string[]
}

async function diff({ from, to, files }: Sides, options: DiffOptions, io: Io): Promise<boolean> {
  const name = printReleaseName(splitReleaseName(from))
  if ((to === undefined) === (files.length === 0)) throw unclear()
  const connection = connect(options)
  const json = options.json === true
  if (to !== undefined) {
    const answer = await diffReleases(connection, name, printReleaseName(splitReleaseName(to)))
    io.stdout.write(json ? `${JSON.stringify(answer)}\n` : describeReleaseDiff(answer, io.stdout.columns))
    return answer.same
  }
  const sources = await readSources(files, [])
  const answer = await diffWithPins(connection, { from: name, sources, targets: options.target ?? [] })
  io.stdout.write(json ? `${JSON.stringify(answer)}\n` : describePinsDiff(answer, files, io.stdout.columns))
  return answer.same
}

function unclear(): RegistryError {
  const hint = 'firn diff karl/3.29 karl/3.30, or firn diff karl/3.30 -r FILE'
  return new RegistryError('usage', {}, { detail: 'name either another release or files of pins with -r', hint })
}
