import { describe, expect, it } from 'vitest'
import type { Distribution, Origin } from '../../pool/distribution.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import { parseDuration, printDuration } from '../../pool/policy/duration.ts'
import { judge, type Judged } from '../../pool/policy/judge.ts'
import { judgeLicence } from '../../pool/policy/licence-rule.ts'
import { defaultPolicy, type LicenceRule, type Policy } from '../../pool/policy/policy.ts'
import { parseProjectName } from '../../pool/project-name.ts'

const at = '2026-11-25T12:00:00.000Z'
const hour = 3_600_000
const allowAll: Policy = { ...defaultPolicy, yanked: 'allow' }

interface Held {
  readonly filename: string
  readonly yanked?: string | null
  /** When the index had it; `uploaded`: it is the team's own. */
  readonly since?: string | null
  readonly licence?: string
  readonly python?: string
}

/** A release of files that are all of lxml 4.9.1. */
function release(
  files: readonly Held[],
  {
    marker = null,
    targets = ['cp311-manylinux_x86_64'],
  }: Partial<{ marker: string | null; targets: readonly string[] }> = {},
): Judged {
  const project = parseProjectName('lxml')
  const distributions = files.map(
    ({ filename, yanked = null, since = '2026-01-01T00:00:00.000Z', python = null }): Distribution => {
      const origin: Origin = { index: 'https://i/', url: `https://i/${filename}`, uploadTime: since, yanked }
      return {
        filename,
        project,
        name: 'lxml',
        version: '4.9.1',
        kind: parseFilename(filename).kind,
        size: 1,
        sha256: filename,
        metadataSha256: '',
        requiresPython: python,
        uploadTime: '2026-11-24T12:00:00.000Z',
        product: null,
        yanked,
        provenanceSha256: null,
        origin: since === 'uploaded' ? null : origin,
      }
    },
  )
  const manifest: Judged['manifest'] = {
    pins: [{ project, name: 'lxml', version: '4.9.1', marker }],
    targets,
    files: distributions.map((file) => ({
      ...file,
      'metadata-sha256': '',
      'requires-python': file.requiresPython,
      'upload-time': file.uploadTime,
      origin: file.origin?.url ?? null,
    })),
  }
  return {
    manifest,
    at,
    distributions: new Map(distributions.map((file) => [file.sha256, file])),
    facts: new Map(files.map(({ filename, licence = null }) => [filename, factsOf(licence)])),
  }
}

function factsOf(expression: string | null): DistributionFacts {
  const licence = { expression, text: null, classifiers: [] }
  return { requires: [], extras: [], buildRequires: [], sboms: [], licence }
}

function said(policy: Partial<Policy>, judged: Judged): readonly string[] {
  return judge({ ...allowAll, ...policy }, judged).map(
    ({ severity, rule, message }) => `${severity} ${rule}: ${message}`,
  )
}

describe('a duration', () => {
  it.each<[string, number | undefined]>([
    ['36h', 36 * hour],
    ['7d', 168 * hour],
    ['2w', 336 * hour],
    ['0d', 0],
    ['7', undefined],
    ['7 d', undefined],
    ['7m', undefined],
    ['-1d', undefined],
    ['1.5d', undefined],
    ['999999d', undefined],
    ['', undefined],
  ])('%j', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it('is printed in whole hours and days', () => {
    expect([hour, 36 * hour, 168 * hour, 0].map(printDuration)).toEqual(['1 hour', '36 hours', '7 days', '0 hours'])
  })
})

const [wheel, sdist] = ['lxml-4.9.1-cp311-cp311-manylinux_2_17_x86_64.whl', 'lxml-4.9.1.tar.gz'] as const

describe('yanked', () => {
  it.each<[string, readonly Held[], readonly string[]]>([
    ['none', [{ filename: wheel }], []],
    [
      'all, with a reason',
      [
        { filename: wheel, yanked: 'broken "wheel"' },
        { filename: sdist, yanked: 'broken "wheel"' },
      ],
      [String.raw`refuse yanked: lxml 4.9.1 was yanked upstream: "broken \"wheel\""`],
    ],
    [
      'without a reason',
      [{ filename: wheel, yanked: '' }],
      ['refuse yanked: lxml 4.9.1 was yanked upstream, without a reason'],
    ],
    [
      'some of the files',
      [{ filename: wheel, yanked: 'bad' }, { filename: sdist }],
      [`refuse yanked: lxml 4.9.1 was yanked upstream (${wheel}): "bad"`],
    ],
    ["the team's own", [{ filename: wheel, since: 'uploaded' }], []],
  ])('%s', (_, files, expected) => {
    expect(said({ yanked: 'refuse' }, release(files))).toEqual(expected)
    expect(said({}, release(files))).toEqual([])
  })

  it('is warned of where nothing is said', () => {
    const found = judge(defaultPolicy, release([{ filename: wheel, yanked: 'bad' }]))
    expect(found).toEqual([
      { rule: 'yanked', severity: 'warn', project: 'lxml', message: 'lxml 4.9.1 was yanked upstream: "bad"' },
    ])
  })
})

function young(day: string): readonly string[] {
  return [`refuse age: lxml 4.9.1 was uploaded on ${day}, less than 7 days before the freeze`]
}

describe('age', () => {
  const age = { least: 168 * hour, action: 'refuse' } as const
  it.each<[string, readonly Held[], readonly string[]]>([
    ['old enough, to the millisecond', [{ filename: wheel, since: '2026-11-18T12:00:00.000Z' }], []],
    ['a millisecond too young', [{ filename: wheel, since: '2026-11-18T12:00:00.001Z' }], young('2026-11-18')],
    ['from the future', [{ filename: wheel, since: '2027-01-01T00:00:00.000Z' }], young('2027-01-01')],
    [
      'a new file of an old version',
      [{ filename: sdist }, { filename: wheel, since: '2026-11-25T00:00:00.000Z' }],
      young('2026-11-25'),
    ],
    ['an index that tells no time: since it is in the pool', [{ filename: wheel, since: null }], young('2026-11-24')],
    ["the team's own, of today", [{ filename: wheel, since: 'uploaded' }], []],
  ])('%s', (_, files, expected) => {
    expect(said({ age }, release(files))).toEqual(expected)
  })
})

function built(...targets: readonly string[]): readonly string[] {
  return [`warn sdist-only: lxml 4.9.1 would be built from source on ${targets.join(', ')}`]
}

describe('sdist-only', () => {
  const two = ['cp311-manylinux_x86_64', 'cp312-win_amd64']
  it.each<[string, readonly Held[], Parameters<typeof release>[1], readonly string[]]>([
    ['a wheel for the target', [{ filename: wheel }, { filename: sdist }], {}, []],
    ['an sdist alone', [{ filename: sdist }], {}, built('cp311-manylinux_x86_64')],
    ['a wheel for one of two', [{ filename: wheel }, { filename: sdist }], { targets: two }, built('cp312-win_amd64')],
    [
      'no pin on the other',
      [{ filename: wheel }, { filename: sdist }],
      { targets: two, marker: 'sys_platform == "linux"' },
      [],
    ],
    [
      'a wheel of another Python',
      [{ filename: wheel, python: '>=3.12' }, { filename: sdist }],
      {},
      built('cp311-manylinux_x86_64'),
    ],
    ['an sdist of another Python', [{ filename: sdist, python: '>=3.12' }], {}, []],
    ['nothing that installs', [{ filename: wheel }], { targets: ['cp312-win_amd64'] }, []],
    ['an egg', [{ filename: 'lxml-4.9.1-py3.11.egg' }, { filename: sdist }], {}, []],
    [
      'an egg of another Python',
      [{ filename: 'lxml-4.9.1-py2.7.egg' }, { filename: sdist }],
      {},
      built('cp311-manylinux_x86_64'),
    ],
  ])('%s', (_, files, options, expected) => {
    expect(said({ sdistOnly: 'warn' }, release(files, options))).toEqual(expected)
  })
})

describe('licences', () => {
  const rule: LicenceRule = { allow: null, refuse: [], unknown: 'warn', action: 'refuse' }
  function passes(expression: string, more: Partial<LicenceRule>): boolean {
    return judgeLicence({ ...rule, ...more }, { expression, text: null, classifiers: [] }) === undefined
  }

  it.each<[string, readonly string[], boolean]>([
    ['MIT', ['MIT'], true],
    ['MIT', ['mit'], true],
    ['MIT', ['ISC'], false],
    ['MIT OR GPL-3.0-only', ['MIT'], true],
    ['MIT AND GPL-3.0-only', ['MIT'], false],
    ['MIT AND (ISC OR GPL-3.0-only)', ['MIT', 'ISC'], true],
    ['LicenseRef-BSD', ['BSD-3-Clause'], false],
    ['LicenseRef-BSD', ['BSD-3-Clause', 'BSD-2-Clause'], true],
    ['LicenseRef-BSD', ['LicenseRef-BSD'], true],
    ['GPL-2.0-or-later', ['GPL-3.0-only'], true],
    ['GPL-2.0-or-later', ['GPL-2.0-only'], true],
    ['GPL-2.0-or-later', ['GPL-2.0-or-later'], true],
    ['GPL-2.0-only', ['GPL-2.0-or-later'], true],
    ['GPL-3.0-or-later', ['GPL-2.0-or-later'], true],
    ['GPL-2.0-only', ['GPL-3.0-only'], false],
    ['GPL-3.0-or-later', ['GPL-2.0-only'], false],
    ['LGPL-2.1-or-later', ['GPL-2.0-or-later'], false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', ['GPL-2.0-only WITH Classpath-exception-2.0'], true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', ['GPL-2.0-only'], true],
    ['GPL-2.0-only', ['GPL-2.0-only WITH Classpath-exception-2.0'], false],
    ['MIT', [], false],
  ])('%s where %j is allowed: %s', (expression, allow, expected) => {
    expect(passes(expression, { allow })).toBe(expected)
  })

  it.each<[string, readonly string[], boolean]>([
    ['MIT', ['AGPL-3.0-only'], true],
    ['AGPL-3.0-only', ['AGPL-3.0-only'], false],
    ['AGPL-3.0-or-later', ['AGPL-3.0-only'], false],
    ['GPL-2.0-or-later', ['GPL-3.0-only'], true],
    ['GPL-2.0-or-later', ['GPL-2.0-only', 'GPL-3.0-only'], false],
    ['GPL-1.0-or-later', ['GPL-2.0-or-later'], false],
    ['GPL-3.0-only', ['GPL-2.0-or-later'], false],
    ['MIT OR AGPL-3.0-only', ['AGPL-3.0-only'], true],
    ['MIT AND AGPL-3.0-only', ['AGPL-3.0-only'], false],
    ['LicenseRef-Artistic', ['Artistic-1.0'], false],
    ['LicenseRef-Proprietary', ['LicenseRef-Proprietary'], false],
    ['LicenseRef-BSD', ['LicenseRef-BSD'], false],
  ])('%s where %j is refused: %s', (expression, refuse, expected) => {
    expect(passes(expression, { refuse })).toBe(expected)
  })

  it('are said of each project, in words', () => {
    const judged = release([
      { filename: wheel, licence: 'AGPL-3.0-only' },
      { filename: sdist, licence: 'Nonsense' },
    ])
    const refuse = ['AGPL-3.0-only']
    expect(said({ licences: { ...rule, refuse } }, judged)).toEqual([
      'refuse licence: lxml 4.9.1 is under AGPL-3.0-only, which is among the refused licences',
      'warn licence: lxml 4.9.1 states no licence that is known (it says "Nonsense")',
    ])
    expect(said({ licences: { ...rule, allow: ['MIT'], action: 'warn', unknown: 'allow' } }, judged)).toEqual([
      'warn licence: lxml 4.9.1 is under AGPL-3.0-only, which is not among the allowed licences',
    ])
  })
})
