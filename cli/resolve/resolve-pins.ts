import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import type { ManifestPin } from '../../pool/manifest.ts'
import type { Problem, Source } from '../../pool/pins/pin.ts'
import { readPins } from '../../pool/pins/read-pins.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import { parseTarget } from '../../pool/target.ts'
import type { Connection } from '../connection.ts'
import type { Io } from '../io.ts'
import { oneVersionEach, type Answer } from './one-version-each.ts'
import { requirementsForUv, type UvRequirements } from './requirements-for-uv.ts'
import { resolverArguments, type ResolverOptions } from './resolver-options.ts'
import { uvTarget, type UvTarget } from './targets-for-uv.ts'
import { broken, findUv, type Uv } from './uv.ts'

export interface ResolveRequest {
  readonly sources: readonly Source[]
  readonly targets: readonly string[]
  readonly read: ReadOptions
  /** Pins of the release that this one is laid over. */
  readonly base: readonly ManifestPin[]
  readonly options: ResolverOptions
  readonly connection: Connection
  /** The path of the index that uv asks, and nothing else. */
  readonly index: string
  readonly token: string | undefined
  /** What else to do where it fails. */
  readonly hint: string
}

/** A `resolved` source: exact pins for all targets, as uv chose them; what the base has is not among them. */
export type Resolved = Source

/**
 * Has uv choose versions for what is loose. Throws `pins-invalid` and `resolution-failed` (fact `problems`),
 * `resolver-unusable`, `server-unreachable`, `target-invalid`.
 */
export async function resolvePins(io: Io, request: ResolveRequest): Promise<Resolved | undefined> {
  const targets = uvTargets(request.targets)
  const parsed = targets.map(({ target }) => target)
  const read = readPins(request.sources, parsed, request.read)
  const texts = requirementsForUv(read, request.base)
  refuseUnread([...read.problems, ...texts.problems])
  const uv = await findUv(io)
  // uv would try for long, and then not say who is not there.
  await request.connection.json('GET', '/api/v1/')
  const directory = await mkdtemp(join(tmpdir(), 'firn-resolve-'))
  try {
    const lines = await agreeing(targets, await makeAsk(io, request, { uv, texts, directory }))
    const known = new Set(request.base.map(({ project, version }) => `${project}==${version}`))
    const text = newer(lines, known).join('\n')
    return text === '' ? undefined : { name: 'uv (resolved)', text: `${text}\n`, as: 'resolved' }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

function newer(lines: readonly string[], known: ReadonlySet<string>): readonly string[] {
  return lines.filter((line) => !known.has(line.split(' ', 1)[0] ?? ''))
}

/** Throws `target-invalid`; `resolution-failed` for what uv cannot be asked for. */
function uvTargets(texts: readonly string[]): readonly UvTarget[] {
  const found = texts.map(parseTarget).map((target) => ({ target, ...uvTarget(target) }))
  const problems = found.flatMap((each) =>
    'problem' in each ? [{ message: `${each.target.text}: ${each.problem}` }] : [],
  )
  if (problems.length > 0)
    throw failed(
      problems,
      'not for these targets',
      'pin the versions yourself, or leave --resolve to the other targets',
    )
  return found.flatMap((each) => ('problem' in each ? [] : each))
}

function refuseUnread(problems: readonly Problem[]): void {
  if (problems.length > 0)
    throw new RegistryError('pins-invalid', { problems }, { detail: 'what is to be resolved cannot be read' })
}

function failed(problems: readonly Problem[], detail: string, hint: string): RegistryError {
  return new RegistryError('resolution-failed', { problems }, { detail, hint })
}

/** uv's answer for one target; of equal choices that one that `preferred` names. */
type Ask = (target: UvTarget, preferred: readonly string[]) => Promise<Answer>

/**
 * Asks for each target, the earlier answers being preferred in the later ones. If that does not end in one version of
 * each project, another target goes first: what an old Python can have, a new one mostly can too.
 */
async function agreeing(targets: readonly UvTarget[], ask: Ask): Promise<readonly string[]> {
  let problems: readonly Problem[] = []
  for (const first of targets) {
    const answers: Answer[] = []
    for (const target of [first, ...targets.filter((each) => each !== first)])
      answers.push(await ask(target, oneVersionEach(answers).lines))
    const agreed = oneVersionEach(inOrderOf(targets, answers))
    if (agreed.problems.length === 0) return agreed.lines
    problems = problems.length > 0 ? problems : agreed.problems
  }
  throw failed(problems, 'the targets need different versions', 'nothing was made')
}

function inOrderOf(targets: readonly UvTarget[], answers: readonly Answer[]): readonly Answer[] {
  return targets.flatMap(({ target }) => answers.find((answer) => answer.target === target) ?? [])
}

interface Asking {
  readonly uv: Uv
  readonly texts: UvRequirements
  readonly directory: string
}

async function makeAsk(io: Io, request: ResolveRequest, { uv, texts, directory }: Asking): Promise<Ask> {
  const paths = {
    wanted: join(directory, 'requirements.in'),
    limits: join(directory, 'constraints.txt'),
    output: join(directory, 'output.txt'),
  }
  await writeFile(paths.wanted, `${texts.requirements.join('\n')}\n`)
  await writeFile(paths.limits, `${texts.constraints.join('\n')}\n`)
  const { url, credentials } = indexFor(request)
  const python = io.env['FIRN_PYTHON']
  const options = [
    ...resolverArguments(request.options),
    ...(python === undefined ? [] : ['--python', python]),
    '--default-index',
    url,
  ]
  return async (asked, preferred) => {
    const { target, env } = asked
    if (io.stderr.isTTY === true) io.stderr.write(`resolving for ${target.text} with uv ${uv.version}\n`)
    await writeFile(paths.output, `${preferred.join('\n')}\n`)
    const environment = { ...credentials, ...env, UV_CACHE_DIR: join(directory, 'cache') }
    const { code, said } = await uv.run(compileArguments(asked, paths, options), environment)
    if (code === 1) throw unsolved(target.text, said, request.hint)
    if (code !== 0) throw broken(`it ended with ${code}: ${shortened(said)}`)
    const text = await readFile(paths.output, 'utf8')
    return { target, pins: readPins([{ name: 'uv', text }], [target]).pins }
  }
}

/** `uv pip compile`; what stands in the output file before is preferred where it fits. */
function compileArguments(
  { pythonVersion, pythonPlatform }: UvTarget,
  { wanted, limits, output }: Readonly<Record<'wanted' | 'limits' | 'output', string>>,
  options: readonly string[],
): readonly string[] {
  const files = ['pip', 'compile', wanted, '--constraints', limits, '--output-file', output]
  const target = ['--python-version', pythonVersion, '--python-platform', pythonPlatform]
  return [...files, ...target, '--no-header', '--no-annotate', '--no-progress', '--quiet', ...options]
}

function unsolved(target: string, said: string, hint: string): RegistryError {
  return new RegistryError('resolution-failed', { target }, { detail: `${target}\n${shortened(said)}`, hint })
}

/** uv tells how it came to its end; of a large conflict, the beginning and the end are read. */
function shortened(said: string): string {
  const text = said.replace(/^error: /, '')
  return text.length <= 6000 ? text : `${text.slice(0, 3000)}\n…\n${text.slice(-3000)}`
}

/** What proves who asks is in the environment, where no list of processes shows it. */
function indexFor({ connection, index, token }: ResolveRequest): {
  readonly url: string
  readonly credentials: Readonly<Record<string, string>>
} {
  const url = new URL(`${connection.url}${index}`)
  const [user, password] =
    token === undefined ? [url.username, url.password].map(decodeURIComponent) : ['__token__', token]
  url.username = ''
  url.password = ''
  return {
    url: `firn=${url.href}`,
    credentials: password ? { UV_INDEX_FIRN_USERNAME: user ?? '', UV_INDEX_FIRN_PASSWORD: password } : {},
  }
}
