import type { ArchiveParts, EggInfo } from '../archive-parts.ts'
import { digestOf } from '../digest.ts'
import type { DistributionFacts, EmbeddedSbom, LicenceStatement } from '../facts.ts'
import type { DistributionKind } from '../filename.ts'
import { decodeText, readHeaders, type Headers } from '../metadata-headers.ts'
import { isProjectName, normaliseName, type ProjectName } from '../project-name.ts'
import { compareCodePoints } from '../version.ts'
import { readPyproject, type Pyproject } from './pyproject.ts'
import { readRequiresTxt } from './requires-txt.ts'

/** The facts of a distribution. Whatever stands in it, there are some: what makes no sense is unknown. */
export function readFacts(kind: DistributionKind, project: ProjectName, parts: ArchiveParts): DistributionFacts {
  const headers = readHeaders(parts.metadata)
  const pyproject = kind === 'sdist' ? readPyproject(parts.pyproject) : undefined
  const stated = statedBy(kind, { project, parts, headers, pyproject })
  const extras = [...namesOf(headers.get('provides-extra') ?? []), ...stated.extras]
  return {
    requires: bounded(stated.requires),
    extras: [...new Set(extras)].slice(0, most.requirements).toSorted(compareCodePoints),
    buildRequires: pyproject ? bounded(pyproject.buildRequires) : [],
    licence: readLicence(headers),
    sboms: parts.sboms.flatMap(({ path, bytes }) => readSbom(path, bytes) ?? []),
  }
}

interface Stated {
  /** `undefined`: unknown. */
  readonly requires: readonly string[] | undefined
  readonly extras: readonly string[]
}

interface Reading {
  readonly project: ProjectName
  readonly parts: ArchiveParts
  readonly headers: Headers
  readonly pyproject: Pyproject | undefined
}

const nothingStated: Stated = { requires: undefined, extras: [] }

function statedBy(kind: DistributionKind, reading: Reading): Stated {
  const { parts, headers } = reading
  switch (kind) {
    case 'wheel':
      return { requires: headers.get('requires-dist') ?? [], extras: [] }
    case 'egg':
      return statedByEggInfo(parts.eggInfos[0])
    case 'sdist':
      return statedBySdist(reading)
  }
}

/**
 * PEP 643: a sdist's PKG-INFO can be relied on from 2.2, for all that `Dynamic` does not name. Before that, setuptools
 * had the requirements in `requires.txt` alone; other backends in PKG-INFO alone. With neither, setup.py decides.
 */
function statedBySdist({ project, parts, headers, pyproject }: Reading): Stated {
  const requires = headers.get('requires-dist') ?? []
  const dynamic = (headers.get('dynamic') ?? []).map((field) => field.toLowerCase())
  const isDynamic = dynamic.includes('requires-dist')
  if (!isDynamic && (requires.length > 0 || isSince22(headers))) return { requires, extras: [] }
  const eggInfo = eggInfoOf(project, parts.eggInfos)
  if (eggInfo) return statedByEggInfo(eggInfo)
  if (pyproject?.stated) return pyproject.stated
  const isSetuptools = pyproject?.backend?.startsWith('setuptools') ?? true
  return isDynamic || (isSetuptools && parts.hasSetupPy) ? nothingStated : { requires, extras: [] }
}

/** setuptools writes `requires.txt` where there are requirements, so that an egg-info without it says that there are none. */
function statedByEggInfo(eggInfo: EggInfo | undefined): Stated {
  const part = eggInfo?.requiresTxt ?? 'unreadable'
  if (part === 'absent') return { requires: [], extras: [] }
  return part === 'unreadable' ? nothingStated : readRequiresTxt(decodeText(part))
}

/** That of the project, the least deep one; others are those of test data. */
function eggInfoOf(project: ProjectName, eggInfos: readonly EggInfo[]): EggInfo | undefined {
  const own = eggInfos.filter(({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1, -'.egg-info'.length)
    return isProjectName(name) && normaliseName(name) === project
  })
  return own.find(({ path }) => !path.includes('/')) ?? own[0]
}

function isSince22(headers: Headers): boolean {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})$/.exec(headers.get('metadata-version')?.[0] ?? '') ?? []
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 2)
}

function namesOf(extras: readonly string[]): readonly string[] {
  return extras.filter(isProjectName).map(normaliseName)
}

/** What real distributions stay far below. What is beyond is not kept, and so unknown. */
const most = { requirements: 5000, characters: 512 * 1024, licence: 200, classifiers: 50 }

function bounded(texts: readonly string[] | undefined): readonly string[] | null {
  const length = texts?.reduce((sum, text) => sum + text.length, 0) ?? 0
  return texts && texts.length <= most.requirements && length <= most.characters ? texts : null
}

/** Old tools write `UNKNOWN` for what they do not know. */
function readLicence(headers: Headers): LicenceStatement {
  const first = (key: string): string | null => {
    const [line = ''] = (headers.get(key)?.[0] ?? '').split('\n')
    return line === '' || line === 'UNKNOWN' ? null : line.slice(0, most.licence)
  }
  const classifiers = (headers.get('classifier') ?? []).filter((each) => each.startsWith('License ::'))
  return {
    expression: first('license-expression'),
    text: first('license'),
    classifiers: classifiers
      .slice(0, most.classifiers)
      .map((each) => each.slice(0, most.licence))
      .toSorted(compareCodePoints),
  }
}

/** PEP 770 wants documents; one that is no UTF-8 is none. */
function readSbom(path: string, bytes: Uint8Array): EmbeddedSbom | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { path, sha256: digestOf(bytes), text }
  } catch {
    return undefined
  }
}
