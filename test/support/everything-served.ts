import { documentNames } from '../../pool/documents/document-names.ts'
import { sha256 } from './catalogue.ts'
import { ask, json, type Reply } from './requests.ts'

/** What an answer is to be the same in; by their path. */
export type Served = Readonly<Record<string, string>>

/** Some documents name the host that they were asked by: two servers are asked by one name. */
const headers = { Host: 'firn.example', Accept: 'text/html' }
const asJson = { Host: 'firn.example', Accept: 'application/vnd.pypi.simple.v1+json' }

/** All that a server has: pages in both forms, files, metadata, documents, signatures, keys, the log. */
export async function everythingServed(url: string): Promise<Served> {
  const { releases } = json(await ask(url, '/api/v1/releases')) as {
    readonly releases: readonly { readonly product: string; readonly release: string }[]
  }
  const { projects } = json(await ask(url, '/simple/', { headers: asJson })) as {
    readonly projects: readonly { readonly name: string }[]
  }
  const names = projects.map(({ name }) => name.toLowerCase().replaceAll(/[-_.]+/g, '-'))
  const live = [...new Set(names)].map((project) => `/simple/${project}/`)
  const frozen = releases.map(({ product, release }) => `/index/${product}/${release}/`)
  const pages = ['/simple/', ...live, ...frozen]
  const answers = [
    ...(await answersTo(url, pages, asJson)).map(([path, reply]) => [`${path} as JSON`, reply] as const),
    ...(await answersTo(url, [...pages, ...frozen.flatMap((index) => documentNames.map((name) => index + name))])),
    ...(await answersTo(url, ['/api/v1/keys', '/api/v1/releases'])),
  ]
  const files = live.flatMap((page) => filesOf(answers.find(([path]) => path === page)?.[1]))
  answers.push(...(await answersTo(url, files)))
  const log = { log: sha256(JSON.stringify(await wholeLog(url))) }
  return { ...Object.fromEntries(answers.map(([path, reply]) => [path, describe(reply)])), ...log }
}

/** Every line of the log, with its digests and signatures. */
export async function wholeLog(url: string): Promise<readonly unknown[]> {
  const lines: unknown[] = []
  for (let page: string | null = '?limit=1000'; page !== null;) {
    const reply: Reply = await ask(url, `/api/v1/events${page}`)
    const { events, next } = json(reply) as { readonly events: readonly unknown[]; readonly next: number | null }
    lines.push(...events)
    page = next === null ? null : `?limit=1000&after=${next}`
  }
  return lines
}

async function answersTo(
  url: string,
  paths: readonly string[],
  asked: Readonly<Record<string, string>> = headers,
): Promise<(readonly [string, Reply])[]> {
  const answers: (readonly [string, Reply])[] = []
  for (const path of paths) answers.push([path, await ask(url, path, { headers: asked })])
  return answers
}

/** The files that a live page links to, and their metadata. */
function filesOf(page: Reply | undefined): readonly string[] {
  const links = [...(page?.text ?? '').matchAll(/href="\.\.\/\.\.([^"#]+)/g)].map(([, path = '']) => path)
  return links.flatMap((path) => [path, `${path}.metadata`])
}

function describe({ status, headers, body }: Reply): string {
  return [status, headers['content-type'], headers.etag, headers['cache-control'], sha256(body)].join(' ')
}
