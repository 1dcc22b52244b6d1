import type { ManifestPin } from '../../pool/manifest.ts'
import { printPin, quoted, type LooseRequirement, type Problem } from '../../pool/pins/pin.ts'
import type { ReadPins } from '../../pool/pins/read-pins.ts'
import { normaliseName } from '../../pool/project-name.ts'
import { printRequirement } from '../../pool/requirement.ts'
import { compareCodePoints, parseVersion } from '../../pool/version.ts'

/** The texts that uv is given: written anew from what was read, so that nothing in them can be an option of uv. */
export interface UvRequirements {
  readonly requirements: readonly string[]
  readonly constraints: readonly string[]
  /** Lines that would be more than one line. */
  readonly problems: readonly Problem[]
}

/** `base`: what a release is laid over holds, but for what is asked for by name. */
export function requirementsForUv(read: ReadPins, base: readonly ManifestPin[]): UvRequirements {
  const asked = new Set<string>([...read.pins, ...read.loose].map(({ project }) => project))
  const kept = base.filter(({ project }) => !asked.has(project))
  const requirements = lines([...read.pins.map(pinText), ...read.loose.map(looseText)])
  const constraints = lines([...[...read.constraints, ...kept].map(exactText), ...read.bounds.map(looseText)])
  const problems = [...requirements, ...constraints].filter((line) => /[\p{Cc}\\]/u.test(line)).map(notOneLine)
  return { requirements, constraints, problems }
}

function lines(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== undefined))].toSorted(compareCodePoints)
}

function notOneLine(line: string): Problem {
  return { message: `${quoted(line)}: uv would read it otherwise`, hint: 'write it without \\ and control characters' }
}

/** PEP 440 orders no legacy version, and uv takes none: such a pin is no affair of its. */
function pinText(pin: ReadPins['pins'][number]): string | undefined {
  return parseVersion(pin.version) ? printPin(pin) : undefined
}

/** Without a marker: a release holds one version of a project, wherever that is needed. */
function exactText({ name, version }: Pick<ManifestPin, 'name' | 'version'>): string | undefined {
  return parseVersion(version) ? `${normaliseName(name)}==${version}` : undefined
}

function looseText({ name, extras, specifier, marker }: LooseRequirement): string {
  return printRequirement({ name, extras, specifier, ...(marker ? { marker } : {}) })
}
