import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { bestVersion } from '../pool/best-version.ts'
import { isRegistryError, RegistryError } from '../pool/errors.ts'
import type { FetchEvent, FetchFailed, Lacking } from '../pool/fetch-event.ts'
import { isUrl } from '../pool/pins/includes.ts'
import { parseSpecifierSet } from '../pool/specifier.ts'
import { isProjectName, normaliseName, type ProjectName } from '../pool/project-name.ts'
import { chooseFiles, parseOrSkip, type Choice } from '../pool/upstream-file.ts'
import { compareCodePoints } from '../pool/version.ts'
import { archiveFile } from './import/archive-file.ts'
import { archivesBelow } from './import/archives-below.ts'
import { reasonOf } from './io.ts'
import { uploadPending, type Pending, type Uploading } from './uploading.ts'

export interface FindLinks {
  readonly pages: readonly string[]
  readonly archives: readonly Pending[]
}

/**
 * What `--find-links` names: pages, which the server reads, and local directories and archives, which only this machine
 * can. Throws `usage`, `input-unreadable`.
 */
export async function readFindLinks(places: readonly string[]): Promise<FindLinks> {
  const local = places.filter((place) => !isUrl(place))
  const scheme = local.find((place) => /^[a-z][a-z0-9+.-]+:/i.test(place))
  if (scheme !== undefined) {
    const hint = 'name a page of links as http:// or https://, a local directory as a path'
    throw new RegistryError('usage', {}, { detail: `--find-links ${scheme}`, hint })
  }
  const found = await Promise.all(local.map(archivesAt))
  return { pages: places.filter(isUrl), archives: found.flat() }
}

async function archivesAt(path: string): Promise<readonly Pending[]> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reasonOf(cause)}`, cause })
  })
  if (status.isDirectory()) return (await archivesBelow(path)).archives
  const { archives, unfit } = await archiveFile(path)
  const [first] = unfit
  if (first) throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${first.message}` })
  return archives
}

/** The projects that archives can be of, by their names; ascending. */
export function projectsOf(archives: readonly Pending[]): readonly ProjectName[] {
  const names = archives.flatMap(({ path }) => parseOrSkip(basename(path))?.readings ?? [])
  return [...new Set(names.flatMap(({ name }) => (isProjectName(name) ? normaliseName(name) : [])))].toSorted(
    compareCodePoints,
  )
}

export interface LocalArchives extends Choice {
  readonly archives: readonly Pending[]
  readonly uploading: Pick<Uploading, 'connection' | 'bar' | 'signal'>
}

type Done = Extract<FetchEvent, { event: 'done' }>

/** The events of a fetch, what no upstream has being looked for among local archives, and uploaded, before it is done. */
export async function* withLocalArchives(
  events: AsyncIterable<FetchEvent>,
  local: LocalArchives,
): AsyncGenerator<FetchEvent> {
  const open: FetchFailed[] = []
  for await (const event of events) {
    if (event.event === 'failed' && event.lacking && local.archives.length > 0) open.push(event)
    else if (event.event === 'done') yield yield* fill(event, open, local)
    else yield event
  }
}

async function* fill(done: Done, open: readonly FetchFailed[], local: LocalArchives): AsyncGenerator<FetchEvent, Done> {
  let { fetched, held, failed, bytes } = done
  for (const each of open) {
    const files = each.lacking ? matching(each.lacking, local) : []
    if (files.length === 0) yield each
    else failed--
    for (const file of files) {
      const event = await take(file, local)
      yield* event.told
      if (event.outcome === 'failed') failed++
      else if (event.outcome === 'same') held++
      else [fetched, bytes] = [fetched + 1, bytes + file.size]
    }
  }
  return { ...done, fetched, held, failed, bytes }
}

function matching(lacking: Lacking, { archives, ...choice }: LocalArchives): readonly Pending[] {
  const files = archives.map((file) => ({
    file,
    filename: basename(file.path),
    yanked: null,
    requiresPython: null,
  }))
  const { project } = lacking
  const version =
    'version' in lacking
      ? lacking.version
      : bestVersion(files, {
          project,
          specifier: parseSpecifierSet(lacking.specifier) ?? { specifiers: [] },
          ...choice,
        })
  return version === undefined ? [] : chooseFiles(files, { project, version, ...choice }).chosen.map(({ file }) => file)
}

interface Taken {
  readonly outcome: 'added' | 'same' | 'failed'
  readonly told: readonly FetchEvent[]
}

async function take({ path, size }: Pending, { uploading }: LocalArchives): Promise<Taken> {
  try {
    const { outcome, filename, notices = [] } = await uploadPending(uploading, { path, size })
    const noted = notices.map((notice) => ({ event: 'notice', notice }) as const)
    return { outcome, told: [{ event: 'uploaded', filename, size, path }, ...noted] }
  } catch (error) {
    if (!isRegistryError(error) || error.code === 'server-unreachable') throw error
    const { code, message } = error
    return { outcome: 'failed', told: [{ event: 'failed', subject: path, code, message }] }
  }
}
