import { Command } from 'commander'
import { isForAll, printClients } from '../../pool/clients.ts'
import { errors, RegistryError } from '../../pool/errors.ts'
import { printSpecifierSet } from '../../pool/specifier.ts'
import { parseTarget } from '../../pool/target.ts'
import { parseVersion } from '../../pool/version.ts'
import { findFiles, type FoundFile, type FoundIn, type Matches } from '../calls/find.ts'
import { connect } from '../connection.ts'
import { plain, type Io } from '../io.ts'
import { machineTarget } from '../machine-target.ts'
import { pinOptions, readOptions, type PinOptions } from '../pin-options.ts'
import { askedSources, indexOption, placeOptions, pythonOf, type PlaceOptions } from '../place-options.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

interface FindOptions extends ServerOptions, PinOptions, PlaceOptions {
  readonly best?: boolean
}

export function findCommand(io: Io, exit: (code: number) => void): Command {
  return placeOptions(pinOptions(serverOptions(new Command('find'))))
    .summary('list the files that match requirements, in the pool or upstream')
    .description(
      'List the files that match requirements, the newest first, in the pool or in upstream indexes, and for which ' +
        'installers alone a file is, where pip, uv or buildout of today cannot use it. Nothing is fetched.',
    )
    .argument('[requirement...]', "as lxml, 'lxml<4.9'")
    .addOption(indexOption('none: what is in the pool'))
    .option('--best', 'of each requirement only the newest version, the last pre-release only if there is no other')
    .addHelpText(
      'after',
      "\nExamples:\n  firn find lxml\n  firn find --best 'lxml<5' -i https://index.example/simple/\n  firn find -r versions.cfg --best",
    )
    .action(async (requirements: string[], options: FindOptions) => exit(await find(requirements, options, io)))
}

/** The exit code says whether there is something for every requirement. */
async function find(requirements: readonly string[], options: FindOptions, io: Io): Promise<number> {
  const { json = false, best = false, indexUrl: indexes = [], includeBinaryEggs: eggs = false } = options
  const asked = await askedTexts(requirements, options, io)
  const answer = await findFiles(connect(options), { requirements: asked, indexes, eggs })
  const found = best ? answer.map(bestAlone) : answer
  io.stdout.write(json ? `${JSON.stringify({ indexes: found })}\n` : plain(found.map(describe).join('\n')))
  const missing = asked.filter((_, at) => found.every(({ matches }) => (matches[at]?.files.length ?? 0) === 0))
  if (!json && missing.length > 0) io.stderr.write(plain(`nothing matches: ${missing.join(', ')}\n`))
  return missing.length > 0 ? errors['upstream-lacks'].exit : 0
}

/** What is written as arguments is asked for as it is; files are read for this machine, as `firn fetch` reads them. */
async function askedTexts(requirements: readonly string[], options: FindOptions, io: Io): Promise<readonly string[]> {
  const { requirement = [], useVersions = [], fetchSitePackages = false } = options
  if (requirements.length > 0 && requirement.length + useVersions.length === 0 && !fetchSitePackages)
    return requirements
  const python = pythonOf(options, io.env)
  const sources = await askedSources(requirements, options, python)
  // What reads pins takes its time to load; the other commands go without it.
  const { readPins } = await import('../../pool/pins/read-pins.ts')
  const read = readPins(sources, [parseTarget(await machineTarget(python))], readOptions(options))
  if (read.problems.length > 0)
    throw new RegistryError('pins-invalid', { problems: read.problems }, { detail: 'nothing was looked for' })
  return [
    // `===` is for versions that are none of PEP 440.
    ...read.pins.map(({ name, version }) => `${name}${parseVersion(version) ? '==' : '==='}${version}`),
    ...read.loose.map(({ name, specifier }) => `${name}${printSpecifierSet(specifier)}`),
  ]
}

function bestAlone({ index, matches }: FoundIn): FoundIn {
  return { index, matches: matches.map((each) => ({ ...each, files: filesOfBest(each) })) }
}

function filesOfBest({ best, files }: Matches): readonly FoundFile[] {
  return files.filter(({ version }) => version === best)
}

function describe({ index, matches }: FoundIn): string {
  const lines = matches.flatMap(({ requirement, files }) =>
    files.length === 0 ? [`  ${requirement}: nothing`] : [`  ${requirement}`, ...files.map(fileLine)],
  )
  return `${[index ?? 'the pool', ...lines].join('\n')}\n`
}

function fileLine({ filename, version, yanked, clients }: FoundFile): string {
  const marks = [
    ...(yanked === null ? [] : [`yanked${yanked === '' ? '' : `: ${yanked}`}`]),
    ...(isForAll(clients) ? [] : [printClients(clients)]),
  ]
  return `    ${version}  ${filename}${marks.map((mark) => `  (${mark})`).join('')}`
}
