import { installsOf } from '../closure/installs.ts'
import type { Distribution, Iso, Sha256 } from '../distribution.ts'
import type { DistributionFacts } from '../facts.ts'
import type { Finding, Rule } from '../findings.ts'
import { filesByProject, type Manifest, type ManifestFile, type ManifestPin } from '../manifest.ts'
import { evaluateMarker, parseMarker, type MarkerEnvironment } from '../marker.ts'
import { markerEnvironment, parseTarget, type Target } from '../target.ts'
import { compareCodePoints } from '../version.ts'
import { printDuration } from './duration.ts'
import { judgeLicence } from './licence-rule.ts'
import type { Action, Policy } from './policy.ts'

/** What a policy looks at. */
export interface Judged {
  readonly manifest: Pick<Manifest, 'pins' | 'files' | 'targets'>
  /** What the pool knows of the manifest's files, by sha256. */
  readonly distributions: ReadonlyMap<Sha256, Distribution>
  /** What was read out of them, by sha256. What is not in it states no licence. */
  readonly facts: ReadonlyMap<Sha256, DistributionFacts>
  readonly at: Iso
}

/** One pin with what the rules go by. */
interface Case {
  readonly pin: ManifestPin
  readonly files: readonly ManifestFile[]
  readonly known: readonly Distribution[]
}

interface TargetPlace {
  readonly target: Target
  readonly environment: MarkerEnvironment
}

/** What speaks against a release by a policy, ascending by project. Waivers are not looked at. */
export function judge(policy: Policy, judged: Judged): readonly Finding[] {
  const { manifest } = judged
  const files = filesByProject(manifest)
  const places = manifest.targets.map(parseTarget).map((target) => ({ target, environment: markerEnvironment(target) }))
  return manifest.pins
    .toSorted((a, b) => compareCodePoints(a.project, b.project))
    .flatMap((pin) => {
      const own = files.get(pin.project) ?? []
      const known = own.flatMap(({ sha256 }) => judged.distributions.get(sha256) ?? [])
      const of: Case = { pin, files: own, known }
      return [
        ...findingsOf({ rule: 'yanked', action: policy.yanked, pin }, yanked(of)),
        ...licences(policy, of, judged),
        ...(policy.age
          ? findingsOf({ rule: 'age', action: policy.age.action, pin }, tooYoung(of, policy.age.least, judged.at))
          : []),
        ...findingsOf({ rule: 'sdist-only', action: policy.sdistOnly, pin }, sdistOnly(of, places)),
      ]
    })
}

interface Ruling {
  readonly rule: Rule
  readonly action: Action
  readonly pin: ManifestPin
}

/** `messages` stand after the pin's name and version. */
function findingsOf({ rule, action, pin }: Ruling, messages: readonly string[]): readonly Finding[] {
  if (action === 'allow') return []
  return messages.map((message) => ({
    rule,
    severity: action,
    project: pin.project,
    message: `${pin.name} ${pin.version} ${message}`,
  }))
}

function yanked({ files, known }: Case): readonly string[] {
  const marked = known.filter((file) => file.yanked !== null)
  const reasons = [...new Set(marked.map((file) => file.yanked ?? ''))].toSorted(compareCodePoints)
  return reasons.map((reason) => {
    const those = marked.filter((file) => file.yanked === reason)
    const which = those.length === files.length ? '' : ` (${those.map(({ filename }) => filename).join(', ')})`
    const where = those.every(({ origin }) => origin?.yanked === reason) ? 'upstream' : 'here'
    return `was yanked ${where}${which}${reason === '' ? ', without a reason' : `: ${JSON.stringify(reason)}`}`
  })
}

function licences({ licences: rule }: Policy, { pin, files }: Case, { facts }: Judged): readonly Finding[] {
  if (!rule) return []
  const verdicts = files.flatMap(({ sha256 }) => judgeLicence(rule, facts.get(sha256)?.licence) ?? [])
  const distinct = new Map(verdicts.map((verdict) => [verdict.message, verdict]))
  return [...distinct.values()]
    .toSorted((a, b) => compareCodePoints(a.message, b.message))
    .flatMap(({ action, message }) => findingsOf({ rule: 'licence', action, pin }, [message]))
}

/**
 * A file added later to an old version is as new as a new version: the newest counts. Where an index tells no time,
 * the file is at least as old as its stay in the pool.
 */
function tooYoung({ known }: Case, least: number, at: Iso): readonly string[] {
  const times = known.flatMap(({ origin, uploadTime }) => (origin ? [origin.uploadTime ?? uploadTime] : []))
  const newest = times.toSorted(compareCodePoints).at(-1)
  if (newest === undefined) return []
  if (Date.parse(at) - Date.parse(newest) >= least) return []
  // Said so that it is the same words tomorrow: what is waived is kept in the manifest.
  return [`was uploaded on ${newest.slice(0, 10)}, less than ${printDuration(least)} before the freeze`]
}

/** An egg is taken as built: buildout takes it where it installs. */
function sdistOnly({ pin, files }: Case, places: readonly TargetPlace[]): readonly string[] {
  const marker = pin.marker === null ? undefined : parseMarker(pin.marker)
  const forms = files.map((file) => ({ kind: file.kind, installs: installsOf(file) }))
  const built = places.filter(({ target, environment }) => {
    if (marker && !evaluateMarker(marker, environment)) return false
    const usable = forms.filter(({ installs }) => installs(target))
    return usable.length > 0 && usable.every(({ kind }) => kind === 'sdist')
  })
  return built.length === 0
    ? []
    : [`would be built from source on ${built.map(({ target }) => target.text).join(', ')}`]
}
