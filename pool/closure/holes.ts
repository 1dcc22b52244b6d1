import type { Finding } from '../findings.ts'
import type { ProjectName } from '../project-name.ts'
import type { Requirement } from '../requirement.ts'
import type { Target } from '../target.ts'
import { compareCodePoints } from '../version.ts'

/** What keeps a release from being closed, on some of its targets. */
export interface Hole extends Finding {
  readonly rule: 'closure'
  readonly targets: readonly Target[]
  /** What would fill it; `undefined` if it is no project that is lacking. */
  readonly wants: Requirement | undefined
}

export interface Complaint {
  readonly severity: Hole['severity']
  readonly project: ProjectName
  /** Without the targets. */
  readonly text: string
  readonly wants?: Requirement
}

/** Takes complaints of one target after another: the same one of several is one hole. */
export class Holes {
  readonly #found = new Map<string, { readonly complaint: Complaint; readonly targets: Target[] }>()

  add(target: Target, complaint: Complaint): void {
    const key = `${complaint.project} ${complaint.text}`
    const known = this.#found.get(key)
    if (!known) this.#found.set(key, { complaint, targets: [target] })
    else if (known.targets.at(-1) !== target) known.targets.push(target)
  }

  /** Ascending by project, then by message: what one pin would fill stands together. */
  all(): readonly Hole[] {
    return [...this.#found.values()]
      .map(({ complaint: { severity, project, text, wants }, targets }) => ({
        rule: 'closure' as const,
        severity,
        project,
        message: `${text} (${targets.map((target) => target.text).join(', ')})`,
        targets,
        wants,
      }))
      .toSorted((a, b) => compareCodePoints(a.project, b.project) || compareCodePoints(a.message, b.message))
  }
}
