import { isRegistryError } from '../errors.ts'
import type { Sha256 } from '../distribution.ts'
import { parseMarker, printMarker, type Marker } from '../marker.ts'
import { isProjectName, normaliseName, type ProjectName } from '../project-name.ts'
import { parseVersionText } from '../version-text.ts'

/** A text that people keep pins in, with the name by which they know it: a path, a URL, `arguments`. */
export interface Source {
  readonly name: string
  readonly text: string
}

export interface Place {
  readonly source: string
  /** From 1. */
  readonly line: number
}

/** One version of one project, as one line of a source asks for it. */
export interface PinLine {
  readonly place: Place
  /** What stands there, without comment and options. */
  readonly text: string
  readonly project: ProjectName
  readonly name: string
  readonly version: string
  readonly marker: Marker | undefined
  /** Digests that the line allows; none stated, none required. */
  readonly hashes: readonly Sha256[]
}

/** What keeps an input from being used; everything found is reported at once. */
export interface Problem {
  readonly place?: Place
  readonly message: string
  readonly hint?: string
}

/** A line that is left out on purpose, and that its author should know of. */
export interface Notice {
  readonly place: Place
  readonly message: string
}

export interface ReadSource {
  readonly pins: readonly PinLine[]
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
}

/** What one line of a source turns out to be. */
export type Finding = { readonly pin: PinLine } | { readonly problem: Problem } | { readonly notice: Notice }

export function gather(findings: readonly Finding[]): ReadSource {
  return {
    pins: findings.flatMap((finding) => ('pin' in finding ? finding.pin : [])),
    problems: findings.flatMap((finding) => ('problem' in finding ? finding.problem : [])),
    notices: findings.flatMap((finding) => ('notice' in finding ? finding.notice : [])),
  }
}

const exact = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*([^\s;,*]+)\s*(?:;\s*(.+))?$/s

/** Reads `name[extra]==version ; marker`. `undefined` if the text is anything else than one exact version. */
export function readPin(text: string, place: Place, hashes: readonly Sha256[] = []): PinLine | undefined {
  const match = exact.exec(text)
  if (!match) return undefined
  const [, name = '', version = '', marker] = match
  return makePin({ text, place, hashes, name, version, marker })
}

/** Throws `version-invalid`, `requirement-invalid` (the marker). A name that is none gives `undefined`. */
export function makePin(
  line: Pick<PinLine, 'text' | 'place' | 'hashes' | 'name' | 'version'> & { readonly marker: string | undefined },
): PinLine | undefined {
  if (!isProjectName(line.name)) return undefined
  return {
    ...line,
    project: normaliseName(line.name),
    version: parseVersionText(line.version),
    marker: line.marker === undefined ? undefined : parseMarker(line.marker),
  }
}

/** The finding of `read`, an error of the registry being a problem of the line. */
export function findPin(place: Place, read: () => PinLine | Problem): Finding {
  try {
    const outcome = read()
    return 'message' in outcome ? { problem: outcome } : { pin: outcome }
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return { problem: { place, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } }
  }
}

/** A line as it is quoted in a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text)
}

/** `Zope==6.2`, `tomli==2.2.1 ; python_version == "3.10"`: the pin as a requirement, in one spelling. */
export function printPin({ name, version, marker }: Pick<PinLine, 'name' | 'version' | 'marker'>): string {
  return `${name}==${version}${marker ? ` ; ${printMarker(marker)}` : ''}`
}
