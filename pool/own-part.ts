import { requirementsTxt } from './documents/requirements-txt.ts'
import type { Sha256 } from './distribution.ts'
import type { Manifest, ManifestPin, ManifestWaiver } from './manifest.ts'
import type { Source } from './pins/pin.ts'
import type { ProjectName } from './project-name.ts'
import { printReleaseName } from './release-name.ts'
import { compareVersionTexts, sameVersion } from './version.ts'
import { waiversOf, type Waiver } from './waivers.ts'

/** What a customer's release has that is not from its base. */
export interface OwnPart {
  readonly pins: readonly ManifestPin[]
  /** Projects that it leaves out. */
  readonly without: readonly ProjectName[]
  readonly waivers: readonly Waiver[]
}

/** Pins that the base has not, or has otherwise; waivers that it has not. */
export function ownPart(customer: Manifest, base: Manifest): OwnPart {
  const before = new Map(base.pins.map((pin) => [pin.project, pin]))
  const inherited = new Set(base.waivers.map(waiverKey))
  return {
    pins: customer.pins.filter((pin) => !isSame(pin, before.get(pin.project))),
    without: customer.overrides.filter(({ to }) => to === null).map(({ project }) => project),
    waivers: waiversOf({ waivers: customer.waivers.filter((waiver) => !inherited.has(waiverKey(waiver))) }),
  }
}

function isSame(pin: ManifestPin, other: ManifestPin | undefined): boolean {
  return other !== undefined && pin.marker === other.marker && sameVersion(pin.version, other.version)
}

function waiverKey({ rule, project, reason, until, by }: ManifestWaiver): string {
  return JSON.stringify([rule, project, reason, until, by])
}

/** Own pins as something to be frozen of: with the hashes of just those files that the customer's release has. */
export function ownSource(customer: Manifest, digest: Sha256, { pins }: Pick<OwnPart, 'pins'>): readonly Source[] {
  if (pins.length === 0) return []
  const own = new Set(pins.map(({ project }) => project))
  const files = customer.files.filter(({ project }) => own.has(project))
  const text = requirementsTxt({ manifest: { ...customer, pins, files }, text: '', digest, signatures: [] })
  return [{ name: printReleaseName(customer), text }]
}

/** What a base makes needless: own pins of versions that it has or has left behind, leaving out what it has not. */
export function needless({ pins, without }: OwnPart, base: Manifest): readonly string[] {
  const has = new Map(base.pins.map((pin) => [pin.project, pin]))
  const name = printReleaseName(base)
  return [
    ...pins.flatMap((pin) => {
      const theirs = has.get(pin.project)
      const newer = theirs && compareVersionTexts(theirs.version, pin.version) >= 0
      return theirs && (newer || sameVersion(theirs.version, pin.version))
        ? `${pin.name}: own ${pin.version}, ${name} has ${theirs.version}`
        : []
    }),
    ...without.filter((project) => !has.has(project)).map((project) => `${project}: left out, ${name} has none`),
  ]
}
