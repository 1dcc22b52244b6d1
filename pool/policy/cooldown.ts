import type { Iso } from '../distribution.ts'
import { RegistryError } from '../errors.ts'
import { isFileOf } from '../filename.ts'
import { parseProjectName, type ProjectName } from '../project-name.ts'
import { parseOrSkip, type UpstreamFile } from '../upstream-file.ts'
import { parseVersionText } from '../version-text.ts'
import { printDuration } from './duration.ts'

/**
 * How long an upstream must have had a file before it comes in: what is planted there is mostly found within days. Each
 * file is judged by itself, since a wheel that is added today to a version of last year is of today. A file of which the
 * upstream tells no time may be of today, too.
 */
export interface Cooldown {
  /** In milliseconds; 0: a file of any age comes in. */
  readonly least: number
  /** What the server asks for itself. An exception from that must come from somebody who `mayPassFloor`. */
  readonly floor: number
  readonly mayPassFloor: boolean
  readonly exceptions: readonly YoungException[]
}

/** What may be younger, as it was named: `karl`, `karl==3.30`. */
export interface YoungException {
  readonly text: string
  readonly project: ProjectName
  /** `undefined`: every version. */
  readonly version: string | undefined
}

/** Throws `name-invalid`, `version-invalid`. */
export function parseYoungException(text: string): YoungException {
  const [name = '', ...version] = text.split('==')
  const project = parseProjectName(name.trim())
  return { text, project, version: version.length === 0 ? undefined : parseVersionText(version.join('==')) }
}

export interface AgedFile extends Pick<UpstreamFile, 'filename' | 'uploadTime'> {
  readonly project: ProjectName
}

/** What is kept of a young file that came in: how old it was, `null` if the upstream did not say, and by which exception. */
export interface Excepted {
  readonly exception: string
  readonly age: string | null
}

export type AgeVerdict = 'old-enough' | 'too-young' | Excepted

export function judgeAge(cooldown: Cooldown, file: AgedFile, now: Iso): AgeVerdict {
  const age = ageOf(file, now)
  if (isOfAge(age, Math.max(cooldown.least, cooldown.floor))) return 'old-enough'
  const exception = exceptionFor(cooldown, file)
  if (!exception || (!cooldown.mayPassFloor && !isOfAge(age, cooldown.floor))) return 'too-young'
  return { exception: exception.text, age: age === undefined ? null : printDuration(Math.max(age, 0)) }
}

/** Why a file that is too young does not come in, when it will, and what lets it in before. */
export function refusedAsYoung(cooldown: Cooldown, file: AgedFile, now: Iso): RegistryError {
  const { filename, project, uploadTime } = file
  const least = Math.max(cooldown.least, cooldown.floor)
  const known = ageOf(file, now)
  const oldEnough = known === undefined ? null : instant(Date.parse(now) - known + least)
  const age =
    known === undefined || oldEnough === null
      ? `the upstream does not say when ${filename} was uploaded, and it must be ${printDuration(least)} old`
      : `${filename} is ${printDuration(Math.max(known, 0))} old, and old enough at ${oldEnough}`
  // Whoever has named it already is told what it lacks.
  const admin = exceptionFor(cooldown, file) !== undefined
  const way = admin ? 'a token with the scope admin' : `--allow-young ${project}`
  return new RegistryError(
    'file-young',
    { filename, uploadTime, oldEnough },
    { detail: `${age}; what lets it in before: ${way}` },
  )
}

function exceptionFor({ exceptions }: Cooldown, { project, filename }: AgedFile): YoungException | undefined {
  const form = parseOrSkip(filename)
  return exceptions.find(
    ({ project: named, version }) =>
      named === project && (version === undefined || (form !== undefined && isFileOf(form, project, version))),
  )
}

/** In milliseconds; `undefined` where no instant is told. */
function ageOf({ uploadTime }: AgedFile, now: Iso): number | undefined {
  const uploaded = uploadTime === null ? Number.NaN : Date.parse(uploadTime)
  return Number.isNaN(uploaded) ? undefined : Date.parse(now) - uploaded
}

function isOfAge(age: number | undefined, least: number): boolean {
  return least === 0 || (age !== undefined && age >= least)
}

/** The last instant that there is a date for (ECMA-262, "Time Values and Time Range"). */
const lastInstant = 8.64e15

function instant(milliseconds: number): Iso {
  return new Date(Math.min(milliseconds, lastInstant)).toISOString()
}
