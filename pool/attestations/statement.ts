import { z } from 'zod'
import type { Sha256 } from '../distribution.ts'
import { isRegistryError } from '../errors.ts'
import { parseFilename, type DistributionFilename } from '../filename.ts'
import { normaliseName } from '../project-name.ts'
import { sameVersion } from '../version.ts'
import { parseShallowJson } from './plain-json.ts'

/** The file that attestations are to be of. */
export interface Attested {
  readonly file: DistributionFilename
  readonly sha256: Sha256
}

/** What PEP 740 lets be attested: how a file was built, and who published it. They are names; nobody is asked there. */
export const predicateTypes = [
  'https://slsa.dev/provenance/v1',
  'https://docs.pypi.org/attestations/publish/v1',
] as const

const statementShape = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })).length(1, 'is to be one'),
  predicateType: z.enum(predicateTypes),
})

/** What a statement is of, or what keeps it from being one on this file. Source: in-toto Statement v1, as PEP 740 narrows it. */
export function statementProblem(
  bytes: Buffer,
  { file, sha256 }: Attested,
): { readonly predicateType: (typeof predicateTypes)[number] } | { readonly problem: string } {
  const { success, data, error } = statementShape.safeParse(parseShallowJson(decode(bytes) ?? ''))
  if (!success) {
    const [issue] = error.issues
    return { problem: `the statement is none of in-toto v1: ${issue?.path.map(String).join('.')}: ${issue?.message}` }
  }
  const [subject] = data.subject
  const { name = '', digest } = subject ?? {}
  if (!isSameFile(name, file)) return { problem: `the statement is on ${quote(name)}, not on ${file.filename}` }
  if (digest?.sha256 !== sha256)
    return { problem: `the statement is on sha256 ${quote(digest?.sha256 ?? '')}, the file has ${sha256}` }
  return { predicateType: data.predicateType }
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** PEP 740: "matching MUST be performed by parsing …, as the statement's subject may be equivalent but normalized". */
function isSameFile(name: string, file: DistributionFilename): boolean {
  if (name === file.filename) return true
  const other = parseOrNone(name)
  return other !== undefined && suffixOf(other) === suffixOf(file) && hasSameReading(other, file)
}

/** For a wheel, also its build number and its tags, which have no order. */
function suffixOf({ filename, kind, format, tags }: DistributionFilename): string {
  const parts = filename.split('-')
  const build = kind === 'wheel' && parts.length === 6 ? (parts[2] ?? '') : ''
  const sorted = tags ? [tags.pythons, tags.abis, tags.platforms].map((set) => set.map(lower).toSorted().join('.')) : []
  return [kind, format, build, ...sorted].join('-')
}

function hasSameReading({ readings }: DistributionFilename, file: DistributionFilename): boolean {
  return readings.some(({ name, version }) =>
    file.readings.some(
      (each) => normaliseName(each.name) === normaliseName(name) && sameVersion(each.version, version),
    ),
  )
}

function parseOrNone(name: string): DistributionFilename | undefined {
  try {
    return parseFilename(name)
  } catch (error) {
    if (isRegistryError(error)) return undefined
    throw error
  }
}

function lower(text: string): string {
  return text.toLowerCase()
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120))
}
