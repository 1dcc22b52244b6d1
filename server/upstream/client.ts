import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { EnvHttpProxyAgent, interceptors, request, type Dispatcher } from 'undici'
import { RegistryError } from '../../pool/errors.ts'
import { parseOrSkip, type UpstreamFile } from '../../pool/upstream-file.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { readBounded } from './read-bounded.ts'
import { linkedFile, readUpstreamPage } from './read-page.ts'
import { pipSettings } from './pip-index.ts'

/** Asks upstream indexes. Proxies are taken from the environment, as pip takes them. */
export interface UpstreamClient {
  /** The index to use when a request names none: `FIRN_UPSTREAM`, else that of pip. Throws `upstream-unavailable`. */
  defaultIndex(): Promise<string>
  /** Every file that an index lists of a project; `undefined` if it does not know it. Throws `upstream-unavailable`. */
  projectFiles(index: string, project: ProjectName, signal?: AbortSignal): Promise<readonly UpstreamFile[] | undefined>
  /**
   * Every file that a page of links has, whatever the project; that page's links lead no further. The URL of a
   * distribution is that file alone. Throws `upstream-unavailable`.
   */
  linkedFiles(url: string, signal?: AbortSignal): Promise<readonly UpstreamFile[]>
  /** The bytes behind a file's URL. Throws `upstream-unavailable`. */
  download(url: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Ends what is under way. */
  close(): Promise<void>
}

export interface UpstreamOptions {
  readonly index: string | undefined
  readonly python: string | undefined
  readonly userAgent: string
  /** How long is waited before the second attempt, in milliseconds; twice as long before each further one. */
  readonly retryAfter?: number
}

const accept = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1'
const largestPage = 64 * 1024 * 1024

export function upstreamClient(options: UpstreamOptions): UpstreamClient {
  let asked: ReturnType<typeof pipSettings> | undefined
  const pip = () => (asked ??= pipSettings(options.python))
  let agent: Promise<Dispatcher> | undefined
  const dispatcher = () => (agent ??= makeAgent(pip, options.retryAfter ?? 300))
  const get = async (url: string, headers: Record<string, string>, signal: AbortSignal | undefined) =>
    fetchOk(url, {
      dispatcher: await dispatcher(),
      headers: { 'user-agent': options.userAgent, ...headers },
      ...(signal ? { signal } : {}),
    })
  return {
    defaultIndex: async () => options.index ?? (await pip()).indexUrl,
    async projectFiles(index, project, signal) {
      const url = new URL(`${project}/`, index.endsWith('/') ? index : `${index}/`).href
      const answer = await get(url, { accept }, signal)
      return answer && readFound(answer, url)
    },
    async linkedFiles(url, signal) {
      const file = linkedFile(url, url)
      if (file && parseOrSkip(file.filename)) return [file]
      const answer = await get(url, { accept }, signal)
      if (answer === undefined) throw unavailable(url, 'it answers 404')
      return readFound(answer, url)
    },
    async download(url, signal) {
      const answer = await get(url, { 'accept-encoding': 'identity' }, signal)
      if (answer === undefined) throw unavailable(url, 'it answers 404')
      return untilItEnds(answer.body, url)
    },
    // Whoever asked has gone: what is still coming is not waited for.
    close: async () => (await agent)?.destroy(),
  }
}

/** Trusts what Node trusts and, where pip is told of further certificates, those: a company's proxy signs with its own. */
async function makeAgent(pip: () => ReturnType<typeof pipSettings>, retryAfter: number): Promise<Dispatcher> {
  const certificates = await pip().then(
    (settings) => settings.certificates,
    () => undefined,
  )
  const ca = certificates === undefined ? {} : { ca: [...rootCertificates, readFileSync(certificates, 'utf8')] }
  const agent = new EnvHttpProxyAgent({ connect: { timeout: 20_000, ...ca }, requestTls: ca, bodyTimeout: 60_000 })
  return agent.compose(
    interceptors.redirect({ maxRedirections: 5 }),
    interceptors.retry({ maxRetries: 4, minTimeout: retryAfter, maxTimeout: 5000 }),
  )
}

interface Found {
  readonly body: Dispatcher.ResponseData['body']
  readonly headers: Dispatcher.ResponseData['headers']
  readonly finalUrl: string
}

/** The files of a page. Throws `upstream-unavailable`. */
async function readFound({ body, headers, finalUrl }: Found, url: string): Promise<readonly UpstreamFile[]> {
  const text = await readText(body, url)
  return readUpstreamPage({ text, type: String(headers['content-type'] ?? ''), url: finalUrl })
}

type RequestOptions = NonNullable<Parameters<typeof request>[1]>

async function fetchOk(url: string, options: RequestOptions): Promise<Found | undefined> {
  const { statusCode, body, headers, context } = await request(url, options).catch((cause: unknown) => {
    throw unavailable(url, cause instanceof Error ? cause.message : 'no answer', cause)
  })
  if (statusCode === 200) return { body, headers, finalUrl: lastUrl(context) ?? url }
  await body.dump()
  if (statusCode === 404) return undefined
  throw unavailable(url, `it answers ${statusCode}`)
}

/** undici keeps the way that redirects led. */
function lastUrl(context: object | null): string | undefined {
  const history = context && 'history' in context ? (context.history as readonly URL[]) : []
  return history.at(-1)?.href
}

/** A body that breaks off, after all that was tried to go on with it. Throws `upstream-unavailable`. */
async function* untilItEnds(body: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    throw unavailable(url, `its answer broke off: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

async function readText(body: AsyncIterable<Uint8Array>, url: string): Promise<string> {
  const tooLarge = () => unavailable(url, `its page is larger than ${largestPage} bytes`)
  return (await readBounded(untilItEnds(body, url), largestPage, tooLarge)).toString('utf8')
}

function unavailable(url: string, detail: string, cause?: unknown): RegistryError {
  const shown = publicUrl(url)
  return new RegistryError('upstream-unavailable', { url: shown }, { detail: `${shown}: ${detail}`, cause })
}

/** A URL without the user and password that it may hold: answers, records and logs are for others to read. */
export function publicUrl(url: string): string {
  if (!URL.canParse(url)) return url
  const { username, password, href } = new URL(url)
  if (username === '' && password === '') return href
  return Object.assign(new URL(url), { username: '', password: '' }).href
}
