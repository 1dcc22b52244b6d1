import type { LicenceStatement } from '../facts.ts'
import { compareCodePoints } from '../version.ts'
import { licenceOfClassifier } from './classifiers.ts'
import { parseLicence, printLicence, termsOf, type LicenceExpression } from './expression.ts'
import { mayMean } from './loose.ts'
import { licenceOfSpelling } from './spellings.ts'

/**
 * The licence of a distribution as an SPDX expression: its `License-Expression`, else what its classifiers name, else
 * its `License` as people write it. `null` if it states none, or none that is known. Several classifiers are taken to
 * hold together: whether one may choose is not said. `License` counts before the classifiers where it says the same
 * more exactly: which BSD licence, or that one may choose.
 */
export function licenceOf({ expression, text, classifiers }: LicenceStatement): string | null {
  const stated = expression === null ? undefined : parseLicence(expression)
  if (stated) return printLicence(stated)
  const written = text === null ? undefined : readText(text)
  const named = [...new Set(classifiers.flatMap((each) => licenceOfClassifier(each) ?? []))].toSorted(compareCodePoints)
  if (written && isExacter(written, named)) return printLicence(written)
  return named.length === 0 ? null : named.join(' AND ')
}

/** Whether every licence named is one of those written. */
function isExacter(written: LicenceExpression, named: readonly string[]): boolean {
  const terms = termsOf(written)
  return named.every((name) => terms.some(({ id }) => mayMean(name, id)))
}

function readText(text: string): LicenceExpression | undefined {
  const short = text.trim().slice(0, 200)
  return parseLicence(short) ?? readSpelling(short) ?? readSeveral(short)
}

function readSpelling(text: string): LicenceExpression | undefined {
  const id = licenceOfSpelling(text)
  return id === undefined ? undefined : parseLicence(id)
}

/** `MIT/Apache-2.0`, `LGPL or ZPL 2.1`: a choice. `MIT, BSD`, `MIT and PSF`: not said to be one. */
function readSeveral(text: string): LicenceExpression | undefined {
  const choice = text.split(/\s+or\s+|\s*[/|]+\s*/i)
  const together = text.split(/\s+and\s+|\s*[,;&]\s*/i)
  const parts = choice.length > 1 ? choice : together
  if (parts.length < 2 || (choice.length > 1 && together.length > 1)) return undefined
  const read = parts.map((part) => parseLicence(part) ?? readSpelling(part))
  const known = read.filter((each) => each !== undefined)
  if (known.length < read.length) return undefined
  return choice.length > 1 ? { some: known } : { every: known }
}
