import { Models } from '@cyclonedx/cyclonedx-library'
import parseExpression from 'spdx-expression-parse'
import type { LicenceStatement } from '../../facts.ts'

/** A licence as somebody states it: an SPDX expression if it is one, else under the name that it was given. */
export function statedLicence(text: string): Models.License {
  return isExpression(text) ? new Models.LicenseExpression(text) : new Models.NamedLicense(text)
}

/** What core metadata says of the licence: the most exact of it. */
export function licencesOf({ expression, text, classifiers }: LicenceStatement): Models.LicenseRepository {
  const [stated] = [expression, text].flatMap((each) => (each === null || each === '' ? [] : each))
  const named = stated === undefined ? classifiers.map(nameOfClassifier) : [stated]
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
