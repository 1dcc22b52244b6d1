import type { Notice, Problem } from './pins/pin.ts'
import type { Waived } from './waivers.ts'

export interface Verdict {
  /** Any of them keeps the release from being frozen. */
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
}

/** What is said of a release after its waivers: what refuses it, what warns, and which waivers did nothing. */
export function verdictOf({ findings, unused }: Waived): Verdict {
  const refusals = findings.filter(({ severity }) => severity === 'refuse')
  const warnings = findings.filter(({ severity }) => severity === 'warn')
  return {
    problems: refusals.map(said),
    notices: [
      ...warnings.map(said),
      ...unused.map(({ waiver: { project, until }, why }) => ({
        message:
          why === 'expired'
            ? `the waiver of ${project} ended on ${until}: it lets nothing pass`
            : `the waiver of ${project} is not needed: nothing that it lets pass speaks against the release`,
      })),
    ],
  }
}

function said({ place, message, hint }: Problem): Problem {
  return { ...(place && { place }), message, ...(hint !== undefined && { hint }) }
}
