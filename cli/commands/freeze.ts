import { Command } from 'commander'
import type { Policy } from '../../pool/policy/policy.ts'
import { splitReleaseName } from '../../pool/release-name.ts'
import { parseWaiver } from '../../pool/waivers.ts'
import { freezeRelease, type FreezeAnswer } from '../calls/releases.ts'
import { connect } from '../connection.ts'
import { describeBase } from '../describe-base.ts'
import { readGitSource } from '../git-source.ts'
import { count, printBytes, type Io } from '../io.ts'
import { describeJudged } from '../describe-judged.ts'
import { machineTarget } from '../machine-target.ts'
import { printNotice } from '../notices.ts'
import { pinOptions, readOptions, targetOption, type PinOptions } from '../pin-options.ts'
import { collect, serverOptions, type ServerOptions } from '../server-options.ts'
import { resolverOptions, type ResolverOptions } from '../resolve/resolver-options.ts'
import { resolveForRelease } from '../resolve/resolve-for-release.ts'
import { readSource, readSources } from '../sources.ts'

interface FreezeOptions extends ServerOptions, PinOptions, ResolverOptions {
  readonly target?: readonly string[]
  readonly base?: string
  readonly without?: readonly string[]
  readonly changes?: string
  readonly sourceDir?: string
  readonly waive?: readonly string[]
  /** From `firn.toml`. */
  readonly policy?: Policy
  readonly dryRun?: boolean
}

export function freezeCommand(io: Io): Command {
  return resolverOptions(pinOptions(serverOptions(new Command('freeze'))))
    .summary('make a frozen release of pins')
    .description(
      'Make a release of exact pins, from what the pool holds of them. Once frozen it never changes; there is no force.',
    )
    .argument('<product/release>', 'as karl/3.30')
    .argument('[requirement...]', 'NAME==VERSION')
    .addOption(targetOption("the base's, or this machine's Python"))
    .option('-b, --base <release>', 'release to lay this one over, as karl/3.30: all of it, plus and instead of')
    .option('--without <name>', 'project of the base to leave out; may be repeated', collect)
    .option('--changes <file>', "changelog; its section of this release is kept in the release's manifest")
    .option('--source-dir <dir>', 'git work tree that this is released from: its commit, tag and remote are kept')
    .option(
      '--waive <waiver>',
      'what to let pass, as "plaster: it is on the hosts" or "closure plaster until 2027-01-31: …"; may be repeated',
      collect,
    )
    .option('-n, --dry-run', 'say what would be frozen, and freeze nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  firn freeze karl/3.30 -r requirements.txt\n  firn freeze karl/3.30 -r uv.lock --extra mail --use karl==3.30\n' +
        '  firn freeze zope/6.2 -r versions-prod.cfg Zope==6.2 --dry-run\n' +
        '  firn freeze acme/2026.11.1 --base karl/3.30 -r acme.cfg --changes CHANGES.txt --source-dir .\n' +
        '  firn freeze karl/3.30 -r requirements.txt --waive "lxml: the hosts have it"\n' +
        "  firn freeze karl/3.30 -r loose.txt 'pyramid>=2' --resolve --exclude-newer 2026-11-01",
    )
    .action((name: string, requirements: string[], options: FreezeOptions) => freeze(name, requirements, options, io))
}

async function freeze(name: string, requirements: readonly string[], options: FreezeOptions, io: Io): Promise<void> {
  const release = splitReleaseName(name)
  const { base, without = [], requirement = [] } = options
  const given = requirement.length + requirements.length > 0
  const sources = base !== undefined && !given ? [] : await readSources(requirement, requirements, options.constraint)
  const targets = options.target ?? (base === undefined ? [await machineTarget(io.env['FIRN_PYTHON'])] : [])
  const waivers = (options.waive ?? []).map(parseWaiver)
  const connection = connect(options)
  const resolved = await resolveForRelease(io, connection, { sources, targets, options })
  const answer = await freezeRelease(connection, release, {
    sources: [...sources, ...resolved],
    ...readOptions(options),
    targets,
    ...(base === undefined ? {} : { base }),
    without,
    ...(options.changes === undefined ? {} : { changelog: await readSource(options.changes) }),
    ...(options.sourceDir === undefined ? {} : { source: await readGitSource(options.sourceDir, release, io.env) }),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    waivers,
    dryRun: options.dryRun === true,
  })
  io.stdout.write(options.json === true ? `${JSON.stringify(answer)}\n` : describe(answer, connection.url))
}

const heading: Readonly<Record<FreezeAnswer['outcome'], string>> = {
  frozen: 'frozen',
  same: 'already frozen, with the same content:',
  checked: 'dry run, nothing was frozen:',
}

function describe({ release, outcome, digest, path, notices, manifest }: FreezeAnswer, url: string): string {
  const bytes = manifest.files.reduce((total, { size }) => total + size, 0)
  const index = `${url}${path}`
  const pins = manifest.pins.map((pin) => `  ${pin.name}==${pin.version}`)
  const lines = [
    ...notices.map((notice) => `note: ${printNotice(notice)}`),
    `${heading[outcome]} ${release}`,
    ...(outcome === 'checked' ? pins : []),
    `  pins     ${count(manifest.pins.length, 'project')}, ${count(manifest.files.length, 'file')}, ${printBytes(bytes)}`,
    ...describeBase(manifest),
    `  targets  ${manifest.targets.join(', ')}`,
    ...describeJudged(manifest),
    // A dry run's digest holds the time of the dry run, so it will never be that of the release.
    ...(outcome === 'checked'
      ? []
      : [
          `  digest   sha256:${digest}`,
          `  index    ${index}`,
          `  install  pip install --index-url ${index} --require-hashes -r ${index}requirements.txt`,
        ]),
  ]
  return `${lines.join('\n')}\n`
}
