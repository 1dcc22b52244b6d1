import type { Sha256 } from '../distribution.ts'
import { isRegistryError } from '../errors.ts'
import { parseMarker, printMarker, type Marker } from '../marker.ts'
import { isProjectName, normaliseName, type ProjectName } from '../project-name.ts'
import type { SpecifierSet } from '../specifier.ts'
import { compareCodePoints } from '../version.ts'
import { parseVersionText } from '../version-text.ts'

/** A text that people keep pins in, with the name by which they know it: a path, a URL, `arguments`. */
export interface Source {
  readonly name: string
  readonly text: string
  /**
   * Default: `pins`. `included`: only there for the sources that name it, by `-r`, `-c` or `extends`. `resolved`: pins
   * that a resolver chose for what the others ask for; nobody asked for them.
   */
  readonly as?: SourceRole
  /** Why there is no text: the file is lacking, no UTF-8, too large. It is a problem of the line that names it. */
  readonly unreadable?: string
}

export const sourceRoles = ['pins', 'constraints', 'included', 'resolved'] as const

export type SourceRole = (typeof sourceRoles)[number]

export interface Place {
  readonly source: string
  /** From 1. */
  readonly line: number
}

/** What keeps an input from being used; everything found is reported at once. */
export interface Problem {
  readonly place?: Place
  readonly message: string
  readonly hint?: string
}

/** What does no harm and people should know of: a line that is left out on purpose, a warning. */
export interface Notice {
  readonly place?: Place
  readonly message: string
}

/** A file that a lock states of a version. */
export interface StatedFile {
  readonly filename: string
  readonly sha256: Sha256
}

/** What a line asks for, whatever it says of the version. */
interface Line {
  readonly place: Place
  /** What stands there, without comment and options. */
  readonly text: string
  readonly project: ProjectName
  readonly name: string
  /** Normalised (PEP 685), ascending. */
  readonly extras: readonly ProjectName[]
  readonly marker: Marker | undefined
}

/** One version of one project, as one line of a source asks for it. */
export interface PinLine extends Line {
  readonly version: string
  /** Digests that the line allows; none stated, none required. */
  readonly hashes: readonly Sha256[]
  readonly files: readonly StatedFile[]
}

/** Exactly one version of a project, for all the targets, after everything that was given has been taken together. */
export interface Pin {
  readonly project: ProjectName
  readonly name: string
  readonly version: string
  /** The extras that are asked for; normalised, ascending. */
  readonly extras: readonly ProjectName[]
  /** Where the pin holds; `undefined`: everywhere. */
  readonly marker: Marker | undefined
  /** Digests that a file of it may have; none stated, none required. */
  readonly hashes: readonly Sha256[]
  /** What locks state of its files, ascending by filename. */
  readonly files: readonly StatedFile[]
  readonly places: readonly Place[]
}

/** A project that a line asks for without saying which version. */
export interface LooseRequirement extends Line {
  readonly specifier: SpecifierSet
}

/** A line that names a source tree, a repository or one file by its path or URL: no version that a pool can hold. */
export interface DirectRequirement {
  readonly place: Place
  readonly text: string
  /** What the line says, or its path lets suppose; `undefined` if neither tells. */
  readonly name: string | undefined
  /** The version that is known to be there. */
  readonly version?: string | undefined
  readonly kind: 'path' | 'repository' | 'url'
  /** Where it is: a path, or a URL with its scheme. */
  readonly location: string
  readonly extras: readonly ProjectName[]
  readonly marker: Marker | undefined
  /** The project that a lock was made of. It is left out, not refused. */
  readonly root?: boolean
}

/** What one line of a source turns out to be. */
export type LineFinding =
  | { readonly pin: PinLine }
  | { readonly loose: LooseRequirement }
  | { readonly direct: DirectRequirement }
  | { readonly problem: Problem }
  | { readonly notice: Notice }

export interface ReadSource {
  readonly pins: readonly PinLine[]
  readonly loose: readonly LooseRequirement[]
  readonly direct: readonly DirectRequirement[]
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
}

/** Findings by kind, each in their order. */
export function gather(findings: readonly LineFinding[]): ReadSource {
  return {
    pins: findings.flatMap((finding) => ('pin' in finding ? finding.pin : [])),
    loose: findings.flatMap((finding) => ('loose' in finding ? finding.loose : [])),
    direct: findings.flatMap((finding) => ('direct' in finding ? finding.direct : [])),
    problems: findings.flatMap((finding) => ('problem' in finding ? finding.problem : [])),
    notices: findings.flatMap((finding) => ('notice' in finding ? finding.notice : [])),
  }
}

/** What a reader knows of a pin before its texts are judged; what is not stated is empty. */
export interface PinTexts extends Pick<PinLine, 'place' | 'text' | 'name' | 'version'> {
  readonly extras?: readonly string[]
  readonly marker?: Marker | string | undefined
  readonly hashes?: readonly Sha256[]
  readonly files?: readonly StatedFile[]
}

/** Throws `version-invalid`, `requirement-invalid` (the marker). A name that is none gives `undefined`. */
export function makePin({ extras = [], hashes = [], files = [], marker, ...line }: PinTexts): PinLine | undefined {
  if (!isProjectName(line.name)) return undefined
  return {
    ...line,
    project: normaliseName(line.name),
    version: parseVersionText(line.version),
    extras: normalisedExtras(extras),
    marker: typeof marker === 'string' ? parseMarker(marker) : marker,
    hashes,
    files,
  }
}

export function normalisedExtras(extras: readonly string[]): readonly ProjectName[] {
  return [...new Set(extras.filter(isProjectName).map(normaliseName))].toSorted(compareCodePoints)
}

/** The findings of `read`, an error of the registry being a problem of the line. */
export function findAt<T>(place: Place, read: () => T): T | { readonly problem: Problem } {
  try {
    return read()
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return { problem: { place, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } }
  }
}

/** A line as it is quoted in a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text)
}

/** `Zope[wsgi]==6.2`, `tomli==2.2.1 ; python_version == "3.10"`: the pin as a requirement, in one spelling. */
export function printPin({
  name,
  extras,
  version,
  marker,
}: Pick<PinLine, 'name' | 'extras' | 'version' | 'marker'>): string {
  const asked = extras.length > 0 ? `[${extras.join(',')}]` : ''
  return `${name}${asked}==${version}${marker ? ` ; ${printMarker(marker)}` : ''}`
}
