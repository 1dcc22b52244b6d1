import { Models } from '@cyclonedx/cyclonedx-library'
import parseExpression from 'spdx-expression-parse'
import type { LicenceStatement } from '../../facts.ts'
import { licenceOf } from '../../licences/licence-of.ts'

/** A licence as somebody states it: an SPDX expression if it is one, else under the name that it was given. */
export function statedLicence(text: string): Models.License {
  return isExpression(text) ? new Models.LicenseExpression(text) : new Models.NamedLicense(text)
}

/** What core metadata says of the licence: an expression if that can be told, else its own words. */
export function licencesOf(statement: LicenceStatement): Models.LicenseRepository {
  const expression = licenceOf(statement)
  if (expression !== null) return new Models.LicenseRepository([new Models.LicenseExpression(expression)])
  const stated = [statement.expression, statement.text].find((each) => each !== null && each !== '')
  const named = stated ? [stated] : statement.classifiers.map(nameOfClassifier)
  return new Models.LicenseRepository(named.map(statedLicence))
}

/** `License :: OSI Approved :: MIT License` */
function nameOfClassifier(classifier: string): string {
  return classifier.split('::').at(-1)?.trim() || classifier
}

function isExpression(text: string): boolean {
  try {
    parseExpression(text)
    return true
  } catch {
    return false
  }
}
