import { covers, isGranted, isRefused } from '../licences/covers.ts'
import { parseLicence, type LicenceTerm } from '../licences/expression.ts'
import type { LicenceStatement } from '../facts.ts'
import { licenceOf } from '../licences/licence-of.ts'
import type { Action, LicenceRule } from './policy.ts'

export interface LicenceVerdict {
  readonly action: Action
  /** To stand after the name of the project. */
  readonly message: string
}

/** What a rule says of one file's licence; `undefined`: nothing. */
export function judgeLicence(rule: LicenceRule, statement: LicenceStatement | undefined): LicenceVerdict | undefined {
  const text = statement ? licenceOf(statement) : null
  const licence = text === null ? undefined : parseLicence(text)
  if (text === null || !licence)
    return { action: rule.unknown, message: `states no licence that is known${quote(statement)}` }
  if (isRefused(licence, rule.refuse.flatMap(termOf))) {
    return { action: rule.action, message: `is under ${text}, which is among the refused licences` }
  }
  const allowed = rule.allow?.flatMap(termOf)
  if (!allowed || isGranted(licence, (term) => allowed.some((each) => covers(each, term)))) return undefined
  return { action: rule.action, message: `is under ${text}, which is not among the allowed licences` }
}

/** What stands there instead, for those who must find out. */
function quote(statement: LicenceStatement | undefined): string {
  const said = statement?.expression ?? statement?.text ?? statement?.classifiers.join(', ') ?? ''
  return said === '' ? '' : ` (it says ${JSON.stringify(said.slice(0, 80))})`
}

/** `MIT`, `GPL-2.0-only WITH Classpath-exception-2.0`, `LicenseRef-BSD`; `undefined` for what is not one licence. */
export function parseLicenceTerm(text: string): LicenceTerm | undefined {
  const read = parseLicence(text)
  return read && 'id' in read ? read : undefined
}

function termOf(text: string): readonly LicenceTerm[] {
  const term = parseLicenceTerm(text)
  return term ? [term] : []
}
