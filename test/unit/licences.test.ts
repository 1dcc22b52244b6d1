import { describe, expect, it } from 'vitest'
import { parseLicence, printLicence } from '../../pool/licences/expression.ts'
import { licenceOf } from '../../pool/licences/licence-of.ts'

function classifier(...names: readonly string[]): { classifiers: readonly string[] } {
  return { classifiers: names.map((name) => `License :: ${name}`) }
}

function stated(statement: Partial<Parameters<typeof licenceOf>[0]>): string | null {
  return licenceOf({ expression: null, text: null, classifiers: [], ...statement })
}

describe('a licence is read from what projects write into License', () => {
  it.each<[string, string | null]>([
    ['MIT', 'MIT'],
    ['mit', 'MIT'],
    ['MIT License', 'MIT'],
    ['The MIT License', 'MIT'],
    ['The MIT License (MIT)', 'MIT'],
    ['MIT license', 'MIT'],
    ['MIT Licence', 'MIT'],
    ['Expat', 'MIT'],
    ['Expat license', 'MIT'],
    ['MIT/X11', 'MIT'],
    ['http://www.opensource.org/licenses/mit-license.php', null],
    ['BSD', 'LicenseRef-BSD'],
    ['BSD License', 'LicenseRef-BSD'],
    ['BSD-like', 'LicenseRef-BSD'],
    ['New BSD', 'BSD-3-Clause'],
    ['New BSD License', 'BSD-3-Clause'],
    ['Modified BSD License', 'BSD-3-Clause'],
    ['Revised BSD', 'BSD-3-Clause'],
    ['3-Clause BSD License', 'BSD-3-Clause'],
    ['BSD 3-Clause License', 'BSD-3-Clause'],
    ['BSD 3 clause', 'BSD-3-Clause'],
    ['BSD (3-clause)', 'BSD-3-Clause'],
    ['BSD-3-Clause', 'BSD-3-Clause'],
    ['bsd-3-clause', 'BSD-3-Clause'],
    ['BSD 3-Clause "New" or "Revised" License', 'BSD-3-Clause'],
    ['Simplified BSD', 'BSD-2-Clause'],
    ['BSD 2-Clause', 'BSD-2-Clause'],
    ['BSD-2-Clause', 'BSD-2-Clause'],
    ['2-clause BSD', 'BSD-2-Clause'],
    ['BSD-derived (http://www.repoze.org/LICENSE.txt)', 'LicenseRef-Repoze'],
    ['ZPL 2.1', 'ZPL-2.1'],
    ['ZPL-2.1', 'ZPL-2.1'],
    ['ZPL 2.0', 'ZPL-2.0'],
    ['ZPL', 'LicenseRef-ZPL'],
    ['Zope Public License', 'LicenseRef-ZPL'],
    ['Zope Public License 2.1', 'ZPL-2.1'],
    ['Zope Public License (ZPL) Version 2.1', 'ZPL-2.1'],
    ['Apache', 'Apache-2.0'],
    ['Apache 2', 'Apache-2.0'],
    ['Apache 2.0', 'Apache-2.0'],
    ['Apache-2.0', 'Apache-2.0'],
    ['apache-2.0', 'Apache-2.0'],
    ['Apache License', 'Apache-2.0'],
    ['Apache License 2.0', 'Apache-2.0'],
    ['Apache License, Version 2.0', 'Apache-2.0'],
    ['Apache Software License', 'Apache-2.0'],
    ['Apache Software License 2.0', 'Apache-2.0'],
    ['Apache License v2.0', 'Apache-2.0'],
    ['ASL 2.0', 'Apache-2.0'],
    ['Apache2', 'Apache-2.0'],
    ['GPL', 'GPL-1.0-or-later'],
    ['GPLv2', 'GPL-2.0-only'],
    ['GPL v2', 'GPL-2.0-only'],
    ['GPL-2.0', 'GPL-2.0-only'],
    ['GPL-2.0+', 'GPL-2.0-or-later'],
    ['GPLv2+', 'GPL-2.0-or-later'],
    ['GPL 2 or later', 'GPL-2.0-or-later'],
    ['GNU GPL v2 or later', 'GPL-2.0-or-later'],
    ['GNU GPLv3', 'GPL-3.0-only'],
    ['GPLv3+', 'GPL-3.0-or-later'],
    ['GPL version 3', 'GPL-3.0-only'],
    ['GNU General Public License v3', 'GPL-3.0-only'],
    ['GNU General Public License v3 or later (GPLv3+)', 'GPL-3.0-or-later'],
    ['GNU General Public License (GPL)', 'GPL-1.0-or-later'],
    ['LGPL', 'LGPL-2.0-or-later'],
    ['GNU LGPL', 'LGPL-2.0-or-later'],
    ['LGPLv3', 'LGPL-3.0-only'],
    ['LGPL v2.1', 'LGPL-2.1-only'],
    ['LGPLv2.1+', 'LGPL-2.1-or-later'],
    ['LGPL-2.1-or-later', 'LGPL-2.1-or-later'],
    ['GNU Lesser General Public License v3 (LGPLv3)', 'LGPL-3.0-only'],
    ['LGPL with exceptions', null],
    ['AGPL', 'AGPL-3.0-or-later'],
    ['AGPLv3', 'AGPL-3.0-only'],
    ['GNU AGPL v3+', 'AGPL-3.0-or-later'],
    ['GNU Affero General Public License v3', 'AGPL-3.0-only'],
    ['MPL 2.0', 'MPL-2.0'],
    ['MPL-2.0', 'MPL-2.0'],
    ['Mozilla Public License 2.0 (MPL 2.0)', 'MPL-2.0'],
    ['MPL', 'LicenseRef-MPL'],
    ['PSF', 'PSF-2.0'],
    ['PSF License', 'PSF-2.0'],
    ['Python Software Foundation License', 'PSF-2.0'],
    ['ISC', 'ISC'],
    ['ISC license', 'ISC'],
    ['HPND', 'HPND'],
    ['MIT-CMU', 'MIT-CMU'],
    ['Unlicense', 'Unlicense'],
    ['The Unlicense (Unlicense)', 'Unlicense'],
    ['WTFPL', 'WTFPL'],
    ['zlib/libpng', 'Zlib'],
    ['CC0', 'CC0-1.0'],
    ['Public Domain', 'LicenseRef-Public-Domain'],
    ['public domain', 'LicenseRef-Public-Domain'],
    ['EPL 2.0', 'EPL-2.0'],
    ['Proprietary', 'LicenseRef-Proprietary'],
    ['MIT/Apache-2.0', 'MIT OR Apache-2.0'],
    ['MIT OR Apache-2.0', 'MIT OR Apache-2.0'],
    ['Apache-2.0 or MIT', 'Apache-2.0 OR MIT'],
    ['MIT or GPLv2', 'MIT OR GPL-2.0-only'],
    ['MIT, BSD', 'MIT AND LicenseRef-BSD'],
    ['BSD-3-Clause AND MIT', 'BSD-3-Clause AND MIT'],
    ['(Apache-2.0 OR BSD-3-Clause) AND PSF-2.0', '(Apache-2.0 OR BSD-3-Clause) AND PSF-2.0'],
    ['GPL-2.0-or-later WITH Classpath-exception-2.0', 'GPL-2.0-or-later WITH Classpath-exception-2.0'],
    ['LicenseRef-KARL', 'LicenseRef-KARL'],
    ['LICENSE.txt', null],
    ['see LICENSE', null],
    ['UNKNOWN', null],
    ['', null],
    ['(((((((((((((((((', null],
    ['MIT AND', null],
    [`${'('.repeat(500)}MIT${')'.repeat(500)}`, null],
  ])('%s', (text, licence) => {
    expect(stated({ text })).toBe(licence)
  })
})

describe('a licence is read from classifiers', () => {
  it.each<[readonly string[], string | null]>([
    [['OSI Approved :: MIT License'], 'MIT'],
    [['OSI Approved'], null],
    [['OSI Approved', 'OSI Approved :: MIT License'], 'MIT'],
    [['OSI Approved :: BSD License'], 'LicenseRef-BSD'],
    [['OSI Approved :: Zope Public License'], 'LicenseRef-ZPL'],
    [['OSI Approved :: Apache Software License'], 'Apache-2.0'],
    [['OSI Approved :: GNU General Public License (GPL)'], 'GPL-1.0-or-later'],
    [['OSI Approved :: GNU General Public License v2 or later (GPLv2+)'], 'GPL-2.0-or-later'],
    [['OSI Approved :: GNU Library or Lesser General Public License (LGPL)'], 'LGPL-2.0-or-later'],
    [['OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)'], 'MPL-2.0'],
    [['OSI Approved :: Python Software Foundation License'], 'PSF-2.0'],
    [['Repoze Public License'], 'LicenseRef-Repoze'],
    [['Other/Proprietary License'], 'LicenseRef-Proprietary'],
    [['Public Domain'], 'LicenseRef-Public-Domain'],
    [['OSI Approved :: MIT License', 'OSI Approved :: Apache Software License'], 'Apache-2.0 AND MIT'],
    [['OSI Approved :: constructor'], null],
    [['OSI Approved :: No Such License'], null],
  ])('%s', (names, licence) => {
    expect(stated(classifier(...names))).toBe(licence)
  })
})

describe('of several statements', () => {
  it('the expression counts first', () => {
    const all = { expression: 'mit or Apache-2.0', text: 'GPL', ...classifier('OSI Approved :: BSD License') }
    expect(stated(all)).toBe('MIT OR Apache-2.0')
  })

  it('a broken expression does not', () => {
    expect(stated({ expression: 'MIT OR', ...classifier('OSI Approved :: ISC License (ISCL)') })).toBe('ISC')
  })

  it('the text counts before the classifiers where it says the same more exactly', () => {
    expect([
      stated({ text: 'BSD-3-Clause', ...classifier('OSI Approved :: BSD License') }),
      stated({ text: 'ZPL 2.1', ...classifier('OSI Approved :: Zope Public License') }),
      stated({
        text: 'Apache-2.0 OR BSD-3-Clause',
        ...classifier('OSI Approved :: BSD License', 'OSI Approved :: Apache Software License'),
      }),
    ]).toEqual(['BSD-3-Clause', 'ZPL-2.1', 'Apache-2.0 OR BSD-3-Clause'])
  })

  it('the classifiers count where it says something else, or nothing known', () => {
    expect([
      stated({ text: 'MIT', ...classifier('OSI Approved :: GNU General Public License v3 (GPLv3)') }),
      stated({ text: 'see LICENSE', ...classifier('OSI Approved :: MIT License') }),
    ]).toEqual(['GPL-3.0-only', 'MIT'])
  })
})

it('prints what it reads in one spelling', () => {
  const texts = ['MIT', 'mit AND (apache-2.0 or ISC)', '(MIT)', 'GPL-2.0+ with classpath-exception-2.0']
  const printed = texts.map((text) => {
    const read = parseLicence(text)
    return read && printLicence(read)
  })
  expect(printed).toEqual([
    'MIT',
    'MIT AND (Apache-2.0 OR ISC)',
    'MIT',
    'GPL-2.0-or-later WITH Classpath-exception-2.0',
  ])
})
