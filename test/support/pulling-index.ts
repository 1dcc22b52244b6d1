/** A live index of `lxml` that pulls through, and its upstream; both go after each test. */
import { afterEach } from 'vitest'
import { makeSdist, makeWheel, noise, type Built } from './archives.ts'
import { cleanStop } from './clean-stop.ts'
import { ask, json, stagedNames, type Reply } from './requests.ts'
import { startServer, type TestServer, type TestServerOptions } from './server.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'

export const old = makeWheel({ name: 'lxml', version: '4.8' })
/** What stands in the archive of `newer`, and may stand beside it. */
export const metadata = { text: 'Metadata-Version: 2.1\nName: lxml\nVersion: 4.9\n\n' }
export const newer = makeWheel({ name: 'lxml', version: '4.9', metadata: metadata.text })
/** More than fits into one piece of a download. */
export const large = makeSdist({ name: 'lxml', version: '5.0', files: { noise: noise(3_000_000) } })

/** A file as the upstream has it. */
export const listed = (file: Built, more: object = {}) => ({ project: 'lxml', ...file, ...more })

export interface ListedOnPage {
  readonly filename: string
  readonly hashes: object
  readonly yanked?: unknown
}

export interface PullingIndex {
  readonly server: TestServer
  readonly upstream: Upstream
  readonly start: (upstreamOptions: UpstreamOptions, options?: TestServerOptions) => Promise<void>
  /** Ends the upstream before the test does. */
  readonly stopUpstream: () => Promise<void>
  /** The files on the page of `lxml`. Throws unless there is one. */
  readonly page: () => Promise<readonly ListedOnPage[]>
  readonly names: () => Promise<readonly string[]>
  readonly file: (file: Built, options?: Parameters<typeof ask>[2]) => Promise<Reply>
  readonly inPool: (file: Built) => Promise<boolean>
  /** How often the upstream was asked for a path. */
  readonly asked: (path: string) => number
  readonly staged: () => Promise<readonly string[]>
}

interface Started {
  readonly server: TestServer
  readonly upstream: Upstream
}

/** For the tests of one file; nothing of it is there before `start`. */
export function pullingIndex(): PullingIndex {
  let started: Started | undefined
  let stops: (() => Promise<void>)[] = []
  const there = () => {
    if (!started) throw new TypeError('it is not started')
    return started
  }
  const stopUpstream = async () => {
    for (const stop of stops.splice(0)) await stop()
  }
  const page = async () => {
    const accept = 'application/vnd.pypi.simple.v1+json'
    const reply = await ask(there().server.url, '/simple/lxml/', { headers: { accept } })
    if (reply.status !== 200) throw new Error(`/simple/lxml/ answers ${reply.status}: ${reply.text}`)
    return (json(reply) as { files: readonly ListedOnPage[] }).files
  }
  afterEach(async () => {
    await cleanStop(there().server)
    await stopUpstream()
  })
  return {
    get server() {
      return there().server
    },
    get upstream() {
      return there().upstream
    },
    async start(upstreamOptions, options = {}) {
      const upstream = await startUpstream(upstreamOptions)
      stops = [...stops, () => upstream.stop()]
      started = { upstream, server: await startServer({ upstream: upstream.url, pullThrough: true, ...options }) }
    },
    stopUpstream,
    page,
    names: async () => (await page()).map(({ filename }) => filename),
    file: ({ filename }, options = {}) => ask(there().server.url, `/pool/lxml/${filename}`, options),
    inPool: async ({ filename }) => (await there().server.store.records.distribution(filename)) !== undefined,
    asked: (path) => there().upstream.requests.filter((each) => each === `GET ${path}`).length,
    staged: () => stagedNames(there().server.data),
  }
}

export const codeOf = (reply: Reply) => (json(reply) as { code: string }).code
