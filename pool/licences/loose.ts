/**
 * Names under which one of several licences is stated, with those that it may be. Such a name is allowed where each of
 * them is, and refused where one of them is.
 */
export const looseNames: Readonly<Record<string, readonly string[]>> = {
  'LicenseRef-AFL': ['AFL-1.1', 'AFL-1.2', 'AFL-2.0', 'AFL-2.1', 'AFL-3.0'],
  'LicenseRef-APSL': ['APSL-1.0', 'APSL-1.1', 'APSL-1.2', 'APSL-2.0'],
  'LicenseRef-Artistic': ['Artistic-1.0', 'Artistic-2.0'],
  'LicenseRef-BSD': ['BSD-2-Clause', 'BSD-3-Clause'],
  'LicenseRef-EFL': ['EFL-1.0', 'EFL-2.0'],
  'LicenseRef-EPL': ['EPL-1.0', 'EPL-2.0'],
  'LicenseRef-EUPL': ['EUPL-1.0', 'EUPL-1.1', 'EUPL-1.2'],
  'LicenseRef-MPL': ['MPL-1.0', 'MPL-1.1', 'MPL-2.0'],
  'LicenseRef-NPL': ['NPL-1.0', 'NPL-1.1'],
  'LicenseRef-ZPL': ['ZPL-1.1', 'ZPL-2.0', 'ZPL-2.1'],
}

/** Whether `exact` is one of the licences that `stated` may be. */
export function mayMean(stated: string, exact: string): boolean {
  return stated === exact || (looseNames[stated]?.includes(exact) ?? false)
}
