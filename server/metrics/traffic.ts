/** What of the server is asked. Few, and never a path: paths name products, and each would be a series of its own. */
export const routes = ['frozen', 'pool', 'live', 'legacy', 'api', 'resolve', 'health', 'pages'] as const
export type Route = (typeof routes)[number]

const starts: readonly (readonly [string, Route])[] = [
  ['/index/', 'frozen'],
  ['/pool/', 'pool'],
  ['/simple', 'live'],
  ['/at/', 'live'],
  ['/api/', 'api'],
  ['/legacy', 'legacy'],
  ['/resolve/', 'resolve'],
  ['/healthz', 'health'],
  ['/readyz', 'health'],
  ['/metrics', 'health'],
]

function routeOf(url: string): Route {
  for (const [start, route] of starts) if (url.startsWith(start)) return route
  return 'pages'
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'other'] as const
/** `gone`: the client went away before any answer. */
const statuses = ['gone', '1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Upper bounds of the classes of durations, in seconds: a ready page takes less than the first, a large file minutes. */
export const durationBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
] as const

/** A request that has been answered, or whose client has gone. */
export interface Answered {
  readonly url: string
  readonly method: string | undefined
  /** 0: no answer. */
  readonly status: number
  readonly seconds: number
}

export interface RequestCount {
  readonly route: Route
  readonly method: (typeof methods)[number]
  readonly status: (typeof statuses)[number]
  readonly count: number
}

export interface Durations {
  readonly route: Route
  /** How many took up to each of `durationBounds` and longer than the one before; the last took longer than all. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** Numbers that are added to with every request, and read when somebody asks for the metrics. */
export interface Traffic {
  begun(): void
  ended(request: Answered): void
  inFlight(): number
  /** What there has been; without zeros. */
  requests(): readonly RequestCount[]
  durations(): readonly Durations[]
}

export function traffic(): Traffic {
  let inFlight = 0
  const counts = new Float64Array(routes.length * methods.length * statuses.length)
  const classes = durationBounds.length + 1
  const durations = new Float64Array(routes.length * classes)
  const sums = new Float64Array(routes.length)
  return {
    begun: () => void inFlight++,
    ended({ url, method, status, seconds }) {
      inFlight--
      const route = routes.indexOf(routeOf(url))
      add(counts, (route * methods.length + methodOf(method)) * statuses.length + statusOf(status), 1)
      add(durations, route * classes + classOf(seconds), 1)
      add(sums, route, seconds)
    },
    inFlight: () => inFlight,
    requests: () => [...counts].flatMap((count, at) => (count === 0 ? [] : [{ ...labelsAt(at), count }])),
    durations: () =>
      routes.map((route, at) => ({
        route,
        counts: [...durations.subarray(at * classes, (at + 1) * classes)],
        sum: sums[at] ?? 0,
      })),
  }
}

function add(numbers: Float64Array, at: number, more: number): void {
  numbers[at] = (numbers[at] ?? 0) + more
}

function methodOf(method: string | undefined): number {
  const known = (methods as readonly (string | undefined)[]).indexOf(method)
  return known < 0 ? methods.length - 1 : known
}

function statusOf(status: number): number {
  return Math.min(statuses.length - 1, Math.floor(status / 100))
}

function classOf(seconds: number): number {
  let at = 0
  for (const bound of durationBounds) {
    if (seconds <= bound) break
    at++
  }
  return at
}

function labelsAt(at: number): Omit<RequestCount, 'count'> {
  const [status = 'gone', method = 'other', route = 'pages'] = [
    statuses[at % statuses.length],
    methods[Math.floor(at / statuses.length) % methods.length],
    routes[Math.floor(at / statuses.length / methods.length)],
  ]
  return { route, method, status }
}
