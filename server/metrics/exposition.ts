import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Totals } from '../../storage/ports/totals.ts'
import { version } from '../version.ts'
import { printDurations } from './duration-histogram.ts'
import type { RequestCount } from './traffic.ts'
import type { Watched } from './watched.ts'

/** All metrics in the text format of Prometheus. */
export interface Exposition {
  readonly contentType: string
  readonly print: () => Promise<string>
}

/**
 * A registry of one server's own numbers. They are read when somebody asks, and cost next to nothing before. Names are as
 * prometheus.io/docs/practices/naming wants them. What is private is counted with all else, and named nowhere.
 */
export function exposition(watched: Watched): Exposition {
  const registry = new Registry()
  const registers = [registry]
  const numbers = [
    ...gauges.map(([name, help, read]) => ({ metric: new Gauge({ name, help, registers }), read })),
    ...counters.map(([name, help, read]) => ({ metric: new Counter({ name, help, registers }), read })),
  ]
  const requests = new Counter({
    name: 'firn_requests_total',
    help: requestsHelp,
    labelNames: requestLabels,
    registers,
  })
  new Gauge({ name: 'firn_info', help: 'The firn that runs', labelNames: ['version'], registers }).set({ version }, 1)
  collectDefaultMetrics({ register: registry })
  countFromTheStart(registry)
  return {
    contentType: registry.contentType,
    async print() {
      const [totals, freeBytes] = await Promise.all([watched.records.totals(), watched.staging.freeBytes()])
      for (const { metric, read } of numbers) {
        metric.reset()
        metric.inc(read({ ...watched, totals, freeBytes }))
      }
      requests.reset()
      for (const { count, ...labels } of watched.traffic.requests()) requests.inc(labels, count)
      return `${await registry.metrics()}\n${printDurations(watched.traffic.durations())}`
    },
  }
}

/** prom-client counts the process's time from when it is told to, which is the first scrape; in seconds. */
function countFromTheStart(registry: Registry): void {
  const { user, system } = process.cpuUsage()
  const used = { user, system, '': user + system }
  for (const [kind, microseconds] of Object.entries(used)) {
    const metric = registry.getSingleMetric(`process_cpu_${kind}${kind === '' ? '' : '_'}seconds_total`)
    if (metric instanceof Counter) metric.inc(microseconds / 1e6)
  }
}

const requestsHelp = 'Requests that were answered, or whose client went away (gone)'
const requestLabels = ['route', 'method', 'status'] as const satisfies readonly (keyof RequestCount)[]

interface Readings extends Watched {
  readonly totals: Totals
  readonly freeBytes: number
}

type Reading = readonly [name: string, help: string, read: (readings: Readings) => number]

/** What there is now. */
const gauges: readonly Reading[] = [
  ['firn_requests_in_flight', 'Requests that are being answered', ({ traffic }) => traffic.inFlight()],
  ['firn_connections', 'Open connections', ({ connections }) => connections.open()],
  ['firn_uploads_in_flight', 'Uploads and fetches under way', ({ intake }) => intake.taken()],
  ['firn_pool_files', 'Files in the pool', ({ totals }) => totals.files],
  ['firn_pool_bytes', 'Bytes of the files in the pool', ({ totals }) => totals.bytes],
  ['firn_projects', 'Projects with a file in the pool', ({ totals }) => totals.projects],
  ['firn_releases', 'Frozen releases', ({ totals }) => totals.releases],
  ['firn_last_event_sequence', 'Where the log ends', ({ totals }) => totals.lastEvent.sequence],
  ['firn_last_event_timestamp_seconds', 'When the last change was', ({ totals }) => secondsOf(totals.lastEvent.at)],
  ['firn_data_free_bytes', 'What firn may still write on the disk of the data directory', ({ freeBytes }) => freeBytes],
]

/** What there has been since the start. */
const counters: readonly Reading[] = [
  ['firn_sent_bytes_total', 'Bytes sent to clients, heads and all', ({ connections }) => connections.sentBytes()],
  ['firn_received_bytes_total', 'Bytes that clients sent', ({ connections }) => connections.receivedBytes()],
  ['firn_connections_refused_total', 'Connections over --max-connections', ({ connections }) => connections.refused()],
  ['firn_connections_cut_total', 'Connections cut for being too slow', ({ connections }) => connections.cut()],
  ['firn_uploads_refused_total', 'Uploads and fetches over --max-uploads', ({ intake }) => intake.refused()],
  ['firn_tokens_refused_total', 'Tokens that did not hold', ({ access }) => access.refusals()],
  ['firn_upstream_requests_total', 'Requests to upstream indexes', ({ faults }) => faults.upstreamRequests],
  ['firn_upstream_failures_total', 'Those of them that failed', ({ faults }) => faults.upstreamFailures],
  ['firn_internal_errors_total', "Errors that are firn's own fault, each in its log", ({ faults }) => faults.internal],
]

function secondsOf(at: string | null): number {
  return at === null ? 0 : Date.parse(at) / 1000
}
