import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { Parser } from 'htmlparser2'
import { compareCodePoints } from '../../pool/version.ts'
import { archiveFile, type Stated } from './archive-file.ts'
import { joinFound, type Found } from './found.ts'

/** Larger is no page of links. */
const longestPage = 64 * 1024 * 1024

/** Where a compoze index is: the directory that holds the archives, and the one of the pages, by default its `simple`. */
export interface CompozeIndex {
  readonly top: string
  readonly index: string
}

/** The index in a directory, or that a directory is. `undefined` if there is none. */
export async function compozeIndexAt(path: string): Promise<CompozeIndex | undefined> {
  if (await isIndex(path)) return { top: dirname(path), index: path }
  const names = await directoriesIn(path)
  for (const name of names) if (await isIndex(join(path, name))) return { top: path, index: join(path, name) }
  return undefined
}

/** It has a page, and so has a project in it. */
async function isIndex(directory: string): Promise<boolean> {
  if (!(await hasPage(directory))) return false
  const projects = await directoriesIn(directory)
  return (await Promise.all(projects.map((name) => hasPage(join(directory, name))))).includes(true)
}

async function hasPage(directory: string): Promise<boolean> {
  return (await readdir(directory)).includes('index.html')
}

async function directoriesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted(compareCodePoints)
}

/**
 * What the pages of an index link to: `<path>/simple/<project>/index.html` has `../../<file>`, which may itself be a
 * link into a pool. Sources: compoze 0.4, `compoze index` and `compoze pool`.
 */
export async function compozeArchives({ top: path, index }: CompozeIndex): Promise<Found> {
  const projects = await directoriesIn(index)
  const found = await Promise.all(projects.map((project) => linked(path, join(index, project))))
  const { archives, unfit } = joinFound(found)
  const known = new Set([...archives, ...unfit].map((each) => each.path))
  const besides = await readdir(path, { withFileTypes: true })
  const unlinked = besides
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && !known.has(join(path, entry.name)))
    .map(({ name }) => ({ path: join(path, name), message: 'the index has no link to it', lost: false }))
  return { archives, unfit: [...unfit, ...unlinked] }
}

async function linked(top: string, project: string): Promise<Found> {
  const page = join(project, 'index.html')
  const text = await readFile(page, 'utf8').catch(() => undefined)
  if (text === undefined) return { archives: [], unfit: [] }
  if (text.length > longestPage)
    return { archives: [], unfit: [{ path: page, message: 'it is too long for a page', lost: true }] }
  return joinFound(await Promise.all(hrefsOf(text).map((href) => archiveAt(top, project, href))))
}

function hrefsOf(html: string): readonly string[] {
  const hrefs: string[] = []
  const parser = new Parser({
    onopentag: (name, { href }) => {
      if (name === 'a' && href !== undefined && href !== '') hrefs.push(href)
    },
  })
  parser.end(html)
  return hrefs
}

async function archiveAt(top: string, project: string, href: string): Promise<Found> {
  const unfit = (message: string, hint: string): Found => ({
    archives: [],
    unfit: [{ path: `${join(project, 'index.html')}: ${href.slice(0, 200)}`, message, hint, lost: true }],
  })
  if (/^[a-z][a-z0-9+.-]*:/i.test(href))
    return unfit('it leads to another place', 'bring what it is into the pool with firn fetch')
  const [written = '', fragment] = href.split('#')
  const path = resolve(project, decoded(written))
  const below = relative(resolve(top), path)
  if (below === '' || below.split(sep)[0] === '..')
    return unfit('it leads out of the index', 'import the directory that it leads to')
  return archiveFile(join(top, below), statedBy(fragment))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `#md5=…`, `#sha256=…`. */
function statedBy(fragment: string | undefined): Stated | undefined {
  const [, algorithm, digest] = /^(\w+)=([0-9a-f]+)$/i.exec(fragment ?? '') ?? []
  return algorithm === undefined || digest === undefined ? undefined : { algorithm, digest }
}
