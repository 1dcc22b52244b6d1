import { durationBounds, type Durations } from './traffic.ts'

const name = 'firn_request_duration_seconds'
const help = 'From the request to the last byte of its answer'

/**
 * The durations in the text format (prometheus.io/docs/instrumenting/exposition_formats). Not by prom-client's histogram:
 * that counts by itself alone, which each request would pay for.
 */
export function printDurations(durations: readonly Durations[]): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...durations.flatMap(linesOf)]
  return `${lines.join('\n')}\n`
}

/** Each bucket counts all that took up to its bound. */
function linesOf({ route, counts, sum }: Durations): readonly string[] {
  const label = `route="${route}"`
  const upTo = counts.map((_, at) => counts.slice(0, at + 1).reduce((all, count) => all + count, 0))
  return [
    ...upTo.map((count, at) => `${name}_bucket{${label},le="${durationBounds[at] ?? '+Inf'}"} ${count}`),
    `${name}_sum{${label}} ${sum}`,
    `${name}_count{${label}} ${upTo.at(-1) ?? 0}`,
  ]
}
