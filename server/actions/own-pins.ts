import type { Pin, Problem, Source } from '../../pool/pins/pin.ts'
import { sameVersion } from '../../pool/version.ts'
import type { Deps } from '../deps.ts'

interface OwnPins {
  /** Pins of projects that the team has uploaded itself, which the pool has. */
  readonly held: ReadonlySet<Pin>
  readonly problems: readonly Problem[]
}

/**
 * What a resolver chose of the team's own projects is on no upstream. A version that the pool has not would be that of
 * somebody else under the same name (dependency confusion): a problem. Nothing, if no resolver chose.
 */
export async function ownPins(
  { records }: Pick<Deps, 'records'>,
  { sources }: { readonly sources: readonly Source[] },
  pins: readonly Pin[],
): Promise<OwnPins> {
  if (!sources.some(({ as }) => as === 'resolved')) return { held: new Set(), problems: [] }
  const held = await records.distributionsOfAll(pins.map(({ project }) => project))
  const filesOf = (pin: Pin) => held.get(pin.project) ?? []
  const own = pins.filter((pin) => filesOf(pin).some(({ origin }) => origin === null))
  const isHeld = (pin: Pin) => filesOf(pin).some(({ version }) => sameVersion(version, pin.version))
  return {
    held: new Set(own.filter(isHeld)),
    problems: own.filter((pin) => !isHeld(pin)).map(notOurs),
  }
}

function notOurs({ name, version, places: [place] }: Pin): Problem {
  return {
    ...(place ? { place } : {}),
    message: `${name}==${version}: ${name} is the team's own, and the pool has other versions of it`,
    hint: "what an upstream has under that name may be anybody's: upload the version, or fetch it without --resolve",
  }
}
