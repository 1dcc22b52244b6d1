import { ask } from './ask.ts'
import type { Commands } from './commands.ts'
import type { Contender } from './contenders.ts'
import type { Options } from './options.ts'
import { html, jsonGzip, paths, type Place } from './paths.ts'
import type { Row } from './row.ts'
import { checkSame } from './same.ts'
import { load } from './wrk.ts'

/** What is asked for over and over, and by how many at once. */
interface Page {
  readonly key: string
  readonly title: string
  readonly place: Place
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  /** As a ratio to nginx. */
  readonly aim?: number
  /** Ask with the ETag that the server gives, and be told that nothing has changed. */
  readonly conditional?: boolean
}

const onlyFirn = (place: Place): Place => ({ firn: place.firn })
const twoFiles = 'project page of 2 files'

const pages: readonly Page[] = [
  { key: 'page', title: `${twoFiles}, HTML, 32`, place: paths.two, headers: html, connections: 32, aim: 0.9 },
  { key: 'page-one', title: '… one connection', place: paths.two, headers: html, connections: 1, aim: 0.8 },
  { key: 'json', title: '… JSON, gzip, 32', place: onlyFirn(paths.two), headers: jsonGzip, connections: 32, aim: 0.8 },
  {
    key: 'not-modified',
    title: '… 304, 32',
    place: onlyFirn(paths.two),
    headers: html,
    connections: 32,
    aim: 0.9,
    conditional: true,
  },
  { key: 'live', title: '… of the live index, HTML, 32', place: paths.live, headers: html, connections: 32 },
  { key: 'big', title: 'page of 500 files, HTML, 32', place: paths.big, headers: html, connections: 32, aim: 0.75 },
  {
    key: 'root',
    title: 'root page of all projects, HTML, 32',
    place: paths.root,
    headers: html,
    connections: 32,
    aim: 0.7,
  },
  { key: 'file', title: '20 KB file, 32', place: paths.file, headers: {}, connections: 32, aim: 0.4 },
]

export function pageRows(options: Options, commands: Commands): readonly Row[] {
  return pages.map((page) => pageRow(page, options, commands))
}

function pageRow(page: Page, { quick }: Options, commands: Commands): Row {
  const { key, title } = page
  const seconds = quick ? 1 : 3
  return {
    key,
    title,
    unit: 'req/s',
    ...(page.aim === undefined ? {} : { aim: { atLeast: page.aim, of: 'nginx' } }),
    async check(contenders) {
      await checkSame(page, contenders)
      if (page.conditional) for (const contender of contenders) await checkNotModified(page, contender)
      // The first second of a server is that of its compiler.
      for (const contender of contenders) await measure(page, contender, commands, 1)
    },
    measure: (contender) => measure(page, contender, commands, seconds),
  }
}

async function measure(
  page: Page,
  contender: Contender,
  commands: Commands,
  seconds: number,
): Promise<number | undefined> {
  const url = urlOf(page, contender)
  if (url === undefined) return undefined
  const headers = await headersFor(page, url)
  // At 20 pages a second, 32 connections need seconds for a single answer each.
  const long = contender.kind === 'pypiserver' ? Math.max(5, seconds) : seconds
  const rate = await load(commands, { url, connections: page.connections, headers, seconds: long })
  await contender.settle()
  return rate
}

function urlOf({ place }: Page, contender: Contender): string | undefined {
  const path = contender.path(place)
  return path === undefined ? undefined : `${contender.url}${path}`
}

async function headersFor({ headers, conditional }: Page, url: string): Promise<Readonly<Record<string, string>>> {
  if (conditional !== true) return headers
  const { etag } = (await ask(url, { headers })).headers
  if (etag === undefined) throw new Error(`${url} is answered without an ETag`)
  return { ...headers, 'If-None-Match': etag }
}

async function checkNotModified(page: Page, contender: Contender): Promise<void> {
  const url = urlOf(page, contender)
  if (url === undefined) return
  const { status } = await ask(url, { headers: await headersFor(page, url) })
  if (status !== 304) throw new Error(`${contender.name} answers ${url} with its own ETag by ${status}, not 304`)
}
