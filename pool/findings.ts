import type { Place } from './pins/pin.ts'
import type { ProjectName } from './project-name.ts'

/** What a release is judged by before it is frozen. */
export const rules = ['closure', 'yanked', 'licence', 'age', 'sdist-only', 'quarantined', 'deprecated'] as const

export type Rule = (typeof rules)[number]

/** One thing that speaks against a release. `refuse` keeps it from being frozen unless it is waived; `warn` is said. */
export interface Finding {
  readonly rule: Rule
  readonly severity: 'refuse' | 'warn'
  /** Whom a waiver must name: the project that is lacking, too young, badly licensed … */
  readonly project: ProjectName
  readonly message: string
  readonly hint?: string
  readonly place?: Place
}
