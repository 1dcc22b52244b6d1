import pLimit from 'p-limit'
import { presentable } from '../http/problem.ts'
import { publicUrl } from '../upstream/client.ts'
import { fetchFile } from './fetch-file.ts'
import { planFetch, type Fail, type PlannedFile } from './fetch-plan.ts'
import { upstreamsAtOnce, type FetchDeps, type FetchRequest, type Report } from './fetch-request.ts'
import { readWanted } from './read-wanted.ts'
import { askPlaces } from './upstream-files.ts'

/**
 * Brings the files of exact pins from upstream indexes into the pool, each checked by the upstream's hash. What the
 * pool holds is not asked for again; what fails is reported, and the rest still comes. Throws `fetch-refused` (fact
 * `problems`) if the pins cannot be read, or are of projects of the team's own; `upstream-unavailable` if there is no
 * upstream to ask.
 */
export async function fetchDistributions(deps: FetchDeps, request: FetchRequest, report: Report): Promise<void> {
  const wanted = await readWanted(deps, request)
  const indexes = request.indexes.length > 0 ? request.indexes : [await deps.upstream.defaultIndex()]
  for (const notice of wanted.notices) report({ event: 'notice', notice })
  const { fail, failed } = failures(deps, request, report)
  const listings = askPlaces(deps.upstream, { indexes, links: request.findLinks }, request.signal)
  const { files, held, told } = await planFetch(deps, { request, listings, fail }, wanted)
  for (const event of told) report(event)
  report({
    event: 'plan',
    indexes: [...indexes, ...request.findLinks].map(publicUrl),
    files: files.length,
    bytes: sum(files.map(({ file }) => file.size ?? 0)),
    held,
  })
  const fetched = await fetchAll(deps, { request, files }, { report, fail })
  report({ event: 'done', fetched: fetched.length, held, failed: failed(), bytes: sum(fetched) })
}

function failures(
  deps: Pick<FetchDeps, 'onError'>,
  { signal, requestId }: Pick<FetchRequest, 'signal' | 'requestId'>,
  report: Report,
): { readonly fail: Fail; readonly failed: () => number } {
  let failed = 0
  const fail: Fail = (subject, error, lacking) => {
    if (signal.aborted) throw error
    const { code, message, facts } = presentable(deps, error, requestId)
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

interface Fetching {
  readonly request: FetchRequest
  readonly files: readonly PlannedFile[]
}

async function fetchAll(
  deps: FetchDeps,
  { request, files }: Fetching,
  { report, fail }: { report: Report; fail: Fail },
): Promise<number[]> {
  const { signal, allowUnhashed, actor } = request
  const onBytes = (bytes: number) => report({ event: 'progress', bytes })
  const limit = pLimit(upstreamsAtOnce)
  const fetchOne = async (planned: PlannedFile): Promise<number[]> => {
    try {
      if (signal.aborted) return []
      const { distribution } = await fetchFile(deps, { ...planned, allowUnhashed, actor, signal, onBytes })
      const { filename, size } = distribution
      report({ event: 'fetched', filename, size })
      return [size]
    } catch (error) {
      fail(planned.file.filename, error)
      return []
    }
  }
  return (await Promise.all(files.map((planned) => limit(fetchOne, planned)))).flat()
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
