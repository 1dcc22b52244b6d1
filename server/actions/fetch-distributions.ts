import { timingSafeEqual } from 'node:crypto'
import pLimit from 'p-limit'
import { RegistryError } from '../../pool/errors.ts'
import type { FetchEvent } from '../../pool/fetch-event.ts'
import type { Pin, Source } from '../../pool/pins/pin.ts'
import { readUses } from '../../pool/pins/direct.ts'
import { inOrder } from '../../pool/pins/in-order.ts'
import { looseProblem, readPins } from '../../pool/pins/read-pins.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import type { Target } from '../../pool/target.ts'
import { chooseFiles, type UpstreamFile } from '../../pool/upstream-file.ts'
import type { Deps } from '../deps.ts'
import { presentable } from '../http/problem.ts'
import { publicUrl } from '../upstream/client.ts'
import { takeIn } from './take-in.ts'

export interface FetchRequest extends ReadOptions {
  readonly sources: readonly Source[]
  readonly targets: readonly Target[]
  readonly allFiles: boolean
  /** The upstream index; `undefined`: the server's own. */
  readonly index: string | undefined
  readonly actor: string
  readonly signal: AbortSignal
}

export type Report = (event: FetchEvent) => void

/** The algorithms that an upstream's hash is believed in, the strongest first. md5 is all that old indexes have. */
const algorithms = ['sha512', 'sha384', 'sha256', 'sha224', 'sha1', 'md5'] as const

const atOnce = 6

/**
 * Brings the files of exact pins from an upstream index into the pool, each checked by the upstream's hash. What the
 * pool holds is not asked for again; what fails is reported, and the rest still comes. Throws `fetch-refused` (fact
 * `problems`) if the pins cannot be read, `upstream-unavailable` if there is no upstream to ask.
 */
export async function fetchDistributions(deps: Deps, request: FetchRequest, report: Report): Promise<void> {
  const { loose, notices, ...read } = readPins(request.sources, request.targets, request)
  // What the pool holds by somebody's own making is on no index.
  const { uses } = readUses(request.use ?? [])
  const pins = read.pins.filter(({ project }) => !uses.has(project))
  const problems = inOrder([...read.problems, ...loose.map(looseProblem)], request.sources)
  if (problems.length > 0) {
    throw new RegistryError('fetch-refused', { problems }, { detail: 'the pins cannot be read' })
  }
  const index = request.index ?? (await deps.upstream.defaultIndex())
  for (const notice of notices) report({ event: 'notice', notice })
  let failed = 0
  const fail = (subject: string, error: unknown) => {
    if (request.signal.aborted) throw error
    const shown = presentable(error)
    const { code, message, facts } = shown
    if (code === 'internal') deps.onError(shown)
    report({
      event: 'failed',
      subject,
      code,
      message: code === 'internal' ? `${message} (${String(facts['id'])})` : message,
    })
    failed++
  }
  const { files, held } = await plan(deps, { ...request, index }, pins, fail)
  report({
    event: 'plan',
    index: publicUrl(index),
    files: files.length,
    bytes: sum(files.map(({ file }) => file.size ?? 0)),
    held,
  })
  const fetched = await fetchAll(deps, { ...request, index, files }, { report, fail })
  report({ event: 'done', fetched: fetched.length, held, failed, bytes: sum(fetched) })
}

type Fail = (subject: string, error: unknown) => void
type IndexRequest = FetchRequest & { readonly index: string }

interface Planned {
  readonly pin: Pin
  readonly file: UpstreamFile
}

async function plan(
  deps: Deps,
  request: IndexRequest,
  pins: readonly Pin[],
  fail: Fail,
): Promise<{ files: Planned[]; held: number }> {
  const limit = pLimit(atOnce)
  let held = 0
  const planOne = async (pin: Pin): Promise<Planned[]> => {
    try {
      const chosen = await listed(deps, request, pin)
      const judged = await Promise.all(chosen.map(async (file) => ((await isHeld(deps, file)) ? [] : [{ pin, file }])))
      const lacking = judged.flat()
      held += chosen.length - lacking.length
      return lacking
    } catch (error) {
      fail(`${pin.name}==${pin.version}`, error)
      return []
    }
  }
  const files = await Promise.all(pins.map((pin) => limit(planOne, pin)))
  return { files: files.flat(), held }
}

/** The upstream's files for a pin. Throws `upstream-lacks`, `upstream-unavailable`. */
async function listed(
  { upstream }: Deps,
  { index, targets, allFiles, signal }: IndexRequest,
  pin: Pin,
): Promise<readonly UpstreamFile[]> {
  const { project, version, name } = pin
  const files = await upstream.projectFiles(index, project, signal)
  if (!files) throw new RegistryError('upstream-lacks', { project }, { detail: `no project ${name}` })
  const { chosen, ofVersion } = chooseFiles(files, { project, version, targets, allFiles })
  if (chosen.length > 0) return chosen
  const detail =
    ofVersion === 0
      ? `no file of ${name} ${version}`
      : `none of its ${ofVersion} files of ${name} ${version} is for ${targets.map(({ text }) => text).join(', ')}`
  throw new RegistryError('upstream-lacks', { project, version }, { detail })
}

/** Whether the pool has the file. Throws `distribution-exists` if it has other bytes under that name. */
async function isHeld({ records }: Deps, { filename, hashes }: UpstreamFile): Promise<boolean> {
  const held = await records.distribution(filename)
  if (!held) return false
  if (hashes['sha256'] === undefined || hashes['sha256'] === held.sha256) return true
  const detail = `${filename} is in the pool with other bytes than the upstream has`
  throw new RegistryError('distribution-exists', { filename }, { detail })
}

interface FetchAll extends IndexRequest {
  readonly files: readonly Planned[]
}

async function fetchAll(
  deps: Deps,
  request: FetchAll,
  { report, fail }: { report: Report; fail: Fail },
): Promise<number[]> {
  const limit = pLimit(atOnce)
  const fetchOne = async ({ pin, file }: Planned): Promise<number[]> => {
    try {
      if (request.signal.aborted) return []
      await fetchFile(deps, request, { pin, file }, (bytes) => report({ event: 'progress', bytes }))
      const size = (await deps.records.distribution(file.filename))?.size ?? 0
      report({ event: 'fetched', filename: file.filename, size })
      return [size]
    } catch (error) {
      fail(file.filename, error)
      return []
    }
  }
  return (await Promise.all(request.files.map((planned) => limit(fetchOne, planned)))).flat()
}

/** Throws `digest-mismatch`, and what `takeIn`, staging and the upstream throw. */
async function fetchFile(
  deps: Deps,
  request: IndexRequest,
  { pin, file }: Planned,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const algorithm = algorithms.find((name) => file.hashes[name] !== undefined)
  if (algorithm === undefined) {
    const detail = `the upstream states no hash of ${file.filename}`
    throw new RegistryError(
      'digest-mismatch',
      { filename: file.filename },
      { detail, hint: 'upload the file yourself' },
    )
  }
  const bytes = await deps.upstream.download(file.url, request.signal)
  const staged = await deps.staging.stage(bytes, { limit: deps.uploadLimit, algorithms: [algorithm], onBytes })
  const [expected = '', found = ''] = [file.hashes[algorithm], staged.digests[algorithm]]
  if (!sameDigest(expected, found)) {
    await deps.staging.discard(staged)
    const facts = { filename: file.filename, algorithm, expected, found }
    throw new RegistryError('digest-mismatch', facts, {
      detail: `${file.filename} is not what the upstream says it is`,
    })
  }
  const { url, uploadTime, yanked, filename } = file
  const origin = { index: publicUrl(request.index), url: publicUrl(url), uploadTime, yanked }
  const claim = { name: pin.name, version: pin.version }
  await takeIn(deps, { staged, filename, claim, origin, product: null, actor: request.actor, verb: 'fetch' })
}

function sameDigest(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
