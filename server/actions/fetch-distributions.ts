import { timingSafeEqual } from 'node:crypto'
import pLimit from 'p-limit'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import type { FetchEvent, Lacking } from '../../pool/fetch-event.ts'
import { grouped } from '../../pool/grouped.ts'
import type { LooseRequirement, Problem, Source } from '../../pool/pins/pin.ts'
import { readUses } from '../../pool/pins/direct.ts'
import { inOrder } from '../../pool/pins/in-order.ts'
import { looseProblem, readPins, type ReadPins } from '../../pool/pins/read-pins.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import { printSpecifierSet } from '../../pool/specifier.ts'
import type { Choice, UpstreamFile } from '../../pool/upstream-file.ts'
import type { Deps } from '../deps.ts'
import { presentable } from '../http/problem.ts'
import { publicUrl } from '../upstream/client.ts'
import { ownPins } from './own-pins.ts'
import { takeIn } from './take-in.ts'
import { askPlaces, filesOfBest, filesOfPin, type Chosen } from './upstream-files.ts'

export interface FetchRequest extends ReadOptions, Choice {
  readonly sources: readonly Source[]
  /** The upstream indexes in the order in which they are asked; none: the server's own. */
  readonly indexes: readonly string[]
  /** Pages of links, asked for what no index has. */
  readonly findLinks: readonly string[]
  /** Requirements that are not exact are met by the best version of the first place that has one. */
  readonly best: boolean
  /** Files of which no hash is stated are taken as they come. */
  readonly allowUnhashed: boolean
  readonly actor: string
  readonly signal: AbortSignal
}

export type Report = (event: FetchEvent) => void

/** The algorithms that an upstream's hash is believed in, the strongest first. md5 is all that old indexes have. */
const algorithms = ['sha512', 'sha384', 'sha256', 'sha224', 'sha1', 'md5'] as const

const atOnce = 6

/**
 * Brings the files of exact pins from upstream indexes into the pool, each checked by the upstream's hash. What the
 * pool holds is not asked for again; what fails is reported, and the rest still comes. Throws `fetch-refused` (fact
 * `problems`) if the pins cannot be read, `upstream-unavailable` if there is no upstream to ask.
 */
export async function fetchDistributions(deps: Deps, request: FetchRequest, report: Report): Promise<void> {
  const { pins, loose, notices } = await readWanted(deps, request)
  const indexes = request.indexes.length > 0 ? request.indexes : [await deps.upstream.defaultIndex()]
  for (const notice of notices) report({ event: 'notice', notice })
  const { fail, failed } = failures(deps, request.signal, report)
  const listings = askPlaces(deps.upstream, { indexes, links: request.findLinks }, request.signal)
  const wanted = [
    ...pins.map((pin) => ({
      subject: `${pin.name}==${pin.version}`,
      lacking: { project: pin.project, version: pin.version },
      find: () => filesOfPin(listings, pin, request),
    })),
    ...oneAProject(loose).map((each) => ({
      subject: each.text,
      lacking: { project: each.project, specifier: printSpecifierSet(each.specifier) },
      find: async () => reported(await filesOfBest(listings, each, request), each.text, report),
    })),
  ]
  const { files, held } = await plan(deps, wanted, fail)
  report({
    event: 'plan',
    indexes: [...indexes, ...request.findLinks].map(publicUrl),
    files: files.length,
    bytes: sum(files.map(({ file }) => file.size ?? 0)),
    held,
  })
  const fetched = await fetchAll(deps, { ...request, files }, { report, fail })
  report({ event: 'done', fetched: fetched.length, held, failed: failed(), bytes: sum(fetched) })
}

/** Throws `fetch-refused`. */
async function readWanted(
  deps: Pick<Deps, 'records'>,
  request: FetchRequest,
): Promise<Pick<ReadPins, 'pins' | 'loose' | 'notices'>> {
  const { loose, notices, ...read } = readPins(request.sources, request.targets, request)
  // What the pool holds by somebody's own making is on no index.
  const { uses } = readUses(request.use ?? [])
  const own = await ownPins(deps, request, read.pins)
  const pins = read.pins.filter((pin) => !uses.has(pin.project) && !own.held.has(pin))
  const problems = inOrder(
    [...read.problems, ...(request.best ? [] : loose.map(notExact)), ...own.problems],
    request.sources,
  )
  if (problems.length === 0) return { pins, loose, notices }
  throw new RegistryError('fetch-refused', { problems }, { detail: 'the pins cannot be read' })
}

function notExact(loose: LooseRequirement): Problem {
  const problem = looseProblem(loose)
  return { ...problem, hint: `${problem.hint ?? ''}; or have the newest fetched with --best` }
}

/** Everything that is asked of a project holds for the version that is taken of it. */
function oneAProject(
  loose: readonly LooseRequirement[],
): readonly Pick<LooseRequirement, 'project' | 'name' | 'text' | 'specifier'>[] {
  return [...grouped(loose, ({ project }) => project).values()].map((all) => {
    const [first] = all
    const specifiers = all.flatMap(({ specifier }) => specifier.specifiers)
    return { ...first, text: [...new Set(all.map(({ text }) => text))].join(', '), specifier: { specifiers } }
  })
}

function reported(chosen: Chosen, requirement: string, report: Report): Chosen {
  const { name, version, place } = chosen
  report({ event: 'chosen', requirement, name, version, index: publicUrl(place) })
  return chosen
}

function failures(
  deps: Deps,
  signal: AbortSignal,
  report: Report,
): { readonly fail: Fail; readonly failed: () => number } {
  let failed = 0
  const fail: Fail = (subject, error, lacking) => {
    if (signal.aborted) throw error
    const shown = presentable(error)
    const { code, message, facts } = shown
    if (code === 'internal') deps.onError(shown)
    report({
      event: 'failed',
      subject,
      code,
      message: code === 'internal' ? `${message} (${String(facts['id'])})` : message,
      ...(lacking ? { lacking } : {}),
    })
    failed++
  }
  return { fail, failed: () => failed }
}

type Fail = (subject: string, error: unknown, lacking?: Lacking) => void

interface Wanted {
  /** As it is named where it fails. */
  readonly subject: string
  readonly lacking: Lacking
  readonly find: () => Promise<Chosen>
}

type Planned = Omit<Chosen, 'files'> & { readonly file: UpstreamFile }

async function plan(deps: Deps, wanted: readonly Wanted[], fail: Fail): Promise<{ files: Planned[]; held: number }> {
  const limit = pLimit(atOnce)
  let held = 0
  const planOne = async ({ subject, lacking, find }: Wanted): Promise<Planned[]> => {
    try {
      const { files, ...chosen } = await find()
      const judged = await Promise.all(
        files.map(async (file) => ((await isHeld(deps, file)) ? [] : [{ ...chosen, file }])),
      )
      const lacking = judged.flat()
      held += files.length - lacking.length
      return lacking
    } catch (error) {
      fail(subject, error, isRegistryError(error, 'upstream-lacks') ? lacking : undefined)
      return []
    }
  }
  const files = await Promise.all(wanted.map((each) => limit(planOne, each)))
  return { files: files.flat(), held }
}

/** Whether the pool has the file. Throws `distribution-exists` if it has other bytes under that name. */
async function isHeld({ records }: Deps, { filename, hashes }: UpstreamFile): Promise<boolean> {
  const held = await records.distribution(filename)
  if (!held) return false
  if (hashes['sha256'] === undefined || hashes['sha256'] === held.sha256) return true
  const detail = `${filename} is in the pool with other bytes than the upstream has`
  throw new RegistryError('distribution-exists', { filename }, { detail })
}

interface FetchAll extends FetchRequest {
  readonly files: readonly Planned[]
}

async function fetchAll(
  deps: Deps,
  request: FetchAll,
  { report, fail }: { report: Report; fail: Fail },
): Promise<number[]> {
  const limit = pLimit(atOnce)
  const fetchOne = async (planned: Planned): Promise<number[]> => {
    try {
      if (request.signal.aborted) return []
      await fetchFile(deps, request, planned, (bytes) => report({ event: 'progress', bytes }))
      const { filename } = planned.file
      const size = (await deps.records.distribution(filename))?.size ?? 0
      report({ event: 'fetched', filename, size })
      return [size]
    } catch (error) {
      fail(planned.file.filename, error)
      return []
    }
  }
  return (await Promise.all(request.files.map((planned) => limit(fetchOne, planned)))).flat()
}

/** Throws `digest-mismatch`, and what `takeIn`, staging and the upstream throw. */
async function fetchFile(
  deps: Deps,
  request: FetchRequest,
  { name, version, place, file }: Planned,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const algorithm = algorithms.find((name) => file.hashes[name] !== undefined)
  if (algorithm === undefined && !request.allowUnhashed) {
    const detail = `the upstream states no hash of ${file.filename}`
    throw new RegistryError(
      'digest-mismatch',
      { filename: file.filename },
      { detail, hint: 'upload the file yourself, or take it as it comes with --allow-unhashed' },
    )
  }
  const bytes = await deps.upstream.download(file.url, request.signal)
  const staged = await deps.staging.stage(bytes, {
    limit: deps.uploadLimit,
    algorithms: algorithm ? [algorithm] : [],
    onBytes,
  })
  const [expected = '', found = ''] = algorithm ? [file.hashes[algorithm], staged.digests[algorithm]] : []
  if (!sameDigest(expected, found)) {
    await deps.staging.discard(staged)
    const facts = { filename: file.filename, algorithm, expected, found }
    throw new RegistryError('digest-mismatch', facts, {
      detail: `${file.filename} is not what the upstream says it is`,
    })
  }
  const { url, uploadTime, yanked, filename } = file
  const origin = { index: publicUrl(place), url: publicUrl(url), uploadTime, yanked }
  const claim = { name, version }
  await takeIn(deps, { staged, filename, claim, origin, product: null, actor: request.actor, verb: 'fetch' })
}

function sameDigest(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
