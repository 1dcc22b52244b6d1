/** METADATA and PKG-INFO as they were written since 2004, each with what is to be read out of it. */

export interface MetadataSample {
  readonly label: string
  readonly bytes: Buffer
  readonly read: {
    readonly name: string
    readonly version: string
    readonly requiresPython: string | null
    readonly requires: readonly string[]
    readonly extras: readonly string[]
    readonly licence: {
      readonly expression: string | null
      readonly text: string | null
      readonly classifiers: string[]
    }
  }
}

type Read = Partial<Omit<MetadataSample['read'], 'licence'>> & Partial<MetadataSample['read']['licence']>

function sample(label: string, lines: readonly string[], read: Read, as: 'utf8' | 'latin1' = 'utf8', end = '\n') {
  const { name = 'WebOb', version = '0.9.8', requiresPython = null, requires = [], extras = [] } = read
  const { expression = null, text = null, classifiers = [] } = read
  const licence = { expression, text, classifiers }
  const bytes = Buffer.from(lines.join(end), as)
  return { label, bytes, read: { name, version, requiresPython, requires, extras, licence } } satisfies MetadataSample
}

const webob = (core: string, ...more: string[]): string[] => [
  `Metadata-Version: ${core}`,
  'Name: WebOb',
  'Version: 0.9.8',
  ...more,
]
const mit = 'License :: OSI Approved :: MIT License'

export const metadataSamples: readonly MetadataSample[] = [
  sample(
    'distutils of 2004: 1.0, UNKNOWN, no line at the end',
    [
      ...webob('1.0', 'Summary: UNKNOWN', 'Home-page: UNKNOWN', 'Author: UNKNOWN', 'License: UNKNOWN'),
      'Description: UNKNOWN',
      'Platform: UNKNOWN',
    ],
    {},
  ),
  sample(
    'setuptools of 2008: 1.0, Latin-1, CRLF, a description of continued lines',
    [
      ...webob(
        '1.0',
        'Author: Andr\u00e9',
        'License: MIT',
        'Description: WSGI request',
        '        ',
        '        Name: no',
      ),
      'Platform: UNKNOWN',
      `Classifier: ${mit}`,
      'Classifier: Topic :: Internet',
      '',
    ],
    { text: 'MIT', classifiers: [mit] },
    'latin1',
    '\r\n',
  ),
  sample(
    'distutils with PEP 314: 1.1, Requires and Provides, tabs',
    [
      ...webob('1.1', 'Requires: lxml (>=1.3)', 'Provides: webob', 'Obsoletes: paste.wsgi'),
      'License:\tBSD',
      '\tmore',
      '',
    ],
    { text: 'BSD' },
  ),
  sample(
    'a licence in Latin-1 beside an author in UTF-8',
    [...webob('1.1', 'Author: Andr\u00c3\u00a9'), 'License: BSD\u00ae', ''],
    { text: 'BSD\u00ae' },
    'latin1',
  ),
  sample(
    'distutils2: 1.2, its continuation lines with bars, Requires-Dist with parentheses',
    [
      ...webob('1.2', 'Description: WSGI', '       |request', '       |', '       |Version: 9'),
      'Requires-Python: >=2.5',
      "Requires-Dist: zope.interface (>3.5.0); python_version < '2.6'",
      'Provides-Dist: webob (0.9)',
      '',
    ],
    { requiresPython: '>=2.5', requires: ["zope.interface (>3.5.0); python_version < '2.6'"] },
  ),
  sample(
    'wheel of 2015: 2.0, never a standard',
    [...webob('2.0', 'Provides-Extra: docs', "Requires-Dist: Sphinx (>=1.3); extra == 'docs'", ''), '', 'Text'],
    { extras: ['docs'], requires: ["Sphinx (>=1.3); extra == 'docs'"] },
  ),
  sample(
    'setuptools of 2024: 2.1, the description as the body',
    [
      ...webob('2.1', 'License: MIT', 'Requires-Python: >=3.8', 'Description-Content-Type: text/x-rst'),
      'License-File: LICENSE',
      'Requires-Dist: legacy-cgi>=2.6; python_version >= "3.13"',
      'Provides-Extra: Test.All',
      '',
      'Name: another',
      'Requires-Dist: another',
    ],
    {
      text: 'MIT',
      requiresPython: '>=3.8',
      requires: ['legacy-cgi>=2.6; python_version >= "3.13"'],
      extras: ['test-all'],
    },
  ),
  sample(
    'setuptools of 2025: 2.2 and Dynamic, UTF-8',
    [...webob('2.2', 'Author: Andr\u00e9 \u4e2d', 'Dynamic: requires-dist', 'Keywords: a,b', ''), '', '\u00e9'],
    {},
  ),
  sample(
    'flit: 2.3, nothing but what must be',
    [...webob('2.3', 'Author-email: A <a@example.org>', 'Description-Content-Type: text/markdown'), '', '# Text'],
    {},
  ),
  sample(
    'hatch: 2.4, a licence expression',
    [
      ...webob('2.4', 'License-Expression: MIT OR Apache-2.0', 'License-File: LICENSE.txt', 'Requires-Python: >=3.9'),
      '',
    ],
    { expression: 'MIT OR Apache-2.0', requiresPython: '>=3.9' },
  ),
  sample(
    'uv: 2.5, import names',
    [...webob('2.5', 'Import-Name: webob', 'Import-Name: webob.dec ; private', 'Import-Namespace: paste', ''), '', ''],
    {},
  ),
  sample('2.6, which is to come', [...webob('2.6', 'New-Field: of 2.6', 'Requires-Python: >=3.15'), ''], {
    requiresPython: '>=3.15',
  }),
  sample('4.0, whatever it will be', [...webob('4.0'), ''], {}),
  sample('no Metadata-Version at all', ['Name: WebOb', 'Version: 0.9.8-osi1'], { version: '0.9.8-osi1' }),
  sample('fields in capitals, and white space around values', ['NAME:WebOb \t', 'version:   0.9.8', ''], {}),
  sample('the line ends of old Macs', webob('1.0', 'License: ZPL'), { text: 'ZPL' }, 'utf8', '\r'),
]
