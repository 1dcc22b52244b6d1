import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changesOf, longest, readChangelog, sectionOf } from '../../pool/changelog.ts'
import type { Place } from '../../pool/pins/pin.ts'

const real = join(import.meta.dirname, '..', 'data', 'changelogs')

function read(text: string): readonly (readonly [string, string | null, string])[] {
  return readChangelog(text).map(({ version, date, text: body }) => [version, date, body])
}

describe('a changelog', () => {
  it.each<[string, readonly (readonly [string, string | null, string, string])[]]>([
    [
      'zope.interface.rst',
      [
        ['7.2', '2024-11-28', '- Add preliminary support', '``collections.abc.ByteString``.'],
        ['7.1.1', '2024-10-23', '- Fix segmentation faults', 'zope.interface/issues/323>`_)'],
      ],
    ],
    [
      'zope.rst',
      [
        ['5.10', '2024-05-18', '- Recognize Page Templates', 'installation documentation.'],
        ['5.9', '2023-11-24', '- Support form data', 'ZODB Connections view.'],
      ],
    ],
    [
      'repoze.bfg.txt',
      [
        ['1.3', '2010-11-01', 'Features\n--------', 'Chameleon template.'],
        ['1.3b3', '2010-10-29', 'Bug Fixes\n---------', 'was added to the glossary.'],
      ],
    ],
    [
      'towncrier.rst',
      [
        ['24.8.0', '2024-08-23', 'No changes since', 'release candidate.'],
        ['24.7.1', '2024-07-31', 'No significant changes', 'issues/630>`_'],
        ['15.0.0', null, 'Features\n--------', 'newsfile from them. (#1)'],
      ],
    ],
    [
      'keepachangelog.md',
      [
        ['Unreleased', null, '', ''],
        ['2.0.0', '2024-06-14', '### Removed', 'ocumentation for more details.'],
        ['2.0.0.dev5', '2023-01-03', '### Changed', 'option anymore.'],
        ['2.0.0.dev4', '2022-12-22', '### Added', '### Added'],
      ],
    ],
  ])('of a real project is read: %s', (name, expected) => {
    const sections = read(readFileSync(join(real, name), 'utf8'))
    expect(sections.map(([version, date]) => [version, date])).toEqual(expected.map(([v, date]) => [v, date]))
    for (const [index, [, , start, end]] of expected.entries()) {
      const text = sections[index]?.[2] ?? ''
      expect(text.slice(0, start.length)).toBe(start)
      expect(text.slice(-end.length)).toBe(end)
    }
  })

  it.each<[string, string, string | null]>([
    ['3.30 (2014-01-02)\n=====\nx', '3.30', '2014-01-02'],
    ['=====\n3.30\n=====\nx', '3.30', null],
    ['3.30 (unreleased)\n-----\nx', '3.30', null],
    ['Zope 2.12.0 (2009/10/01)\n-----\nx', '2.12.0', '2009/10/01'],
    ['Version 1.0b2, released 2009-10-01\n~~~~~\nx', '1.0b2', '2009-10-01'],
    ['Unreleased\n-----\nx', 'Unreleased', null],
    ['Next release\n-----\nx', 'Next release', null],
    ['# v3.30\nx', '3.30', null],
    ['## [3.30] - 2014-01-02\nx', '3.30', '2014-01-02'],
    ['## [3.30] - 2014-01-02 [YANKED]\nx', '3.30', '2014-01-02'],
    ['## [3.30](https://example.org/compare/1...2) (2014-01-02)\nx', '3.30', '2014-01-02'],
    ['### karl 3.30 — 2014-01-02 ###\nx', '3.30', '2014-01-02'],
    ['\r\n3.30 (Jan 2, 2014)\r\n------\r\nx\r\n', '3.30', 'Jan 2, 2014'],
    ['0.9.8.0-osi1 (2014-01-02)\n----\nx', '0.9.8.0-osi1', '2014-01-02'],
  ])('has one version: %j', (text, version, date) => {
    expect(read(text)).toEqual([[version, date, 'x']])
  })

  it.each([
    '',
    '3.30 (2014-01-02)',
    'Python 3.12 support\n===================\n',
    "What's new in 3.30 and 3.31\n------------\n",
    '```\n# 3.30\n```\n',
    '- 3.30\n------\n',
    `${'# 3.30 '.repeat(100)}\n`,
  ])('has no version: %j', (text) => {
    expect(read(text)).toEqual([])
  })

  it('keeps subsections in a section, and leaves out what belongs to the next heading', () => {
    const text = '# Log\n## 2.0\n### Added\n- a\n\n<a id="1.0"></a>\n\n## 1.0\n- b\n## Older\nelsewhere\n'
    expect(read(text)).toEqual([
      ['2.0', null, '### Added\n- a'],
      ['1.0', null, '- b'],
    ])
    expect(read('2.0\n===\na\n\n.. _one:\n\n===\n1.0\n===\nb\n\nFixes\n-----\nc\n')).toEqual([
      ['2.0', null, 'a'],
      ['1.0', null, 'b\n\nFixes\n-----\nc'],
    ])
  })

  it('of a hundred thousand headings is read', () => {
    expect(readChangelog('1.0\n---\n'.repeat(100_000))).toHaveLength(100_000)
    expect(readChangelog(`${'## Older\n'.repeat(200_000)}# 1.0\n`)).toHaveLength(1)
  })
})

it('finds the section of a release by its text before its meaning', () => {
  const sections = readChangelog('# 3.30.0\na\n# 3.30\nb\n# 3.29-rc1\nc\n')
  const found = (release: string) => sectionOf(sections, release)?.text
  expect([found('3.30'), found('3.30.0'), found('v3.30'), found('3.29rc1'), found('3.3')]).toEqual([
    'b',
    'a',
    'a',
    'c',
    undefined,
  ])
})

function changes(text: string): ReturnType<typeof changesOf> {
  return changesOf({ name: 'CHANGES.txt', text }, '3.30')
}

function place(line: number): Place {
  return { source: 'CHANGES.txt', line }
}

describe('the changes of a release', () => {
  it('are its section', () => {
    expect(changes('# 3.30\n- better\n')).toEqual({ changes: '- better' })
  })

  it.each<[string, string, object]>([
    [
      'there is no section',
      Array.from({ length: 12 }, (_, at) => `# 3.${at}\nx\n`).join(''),
      {
        place: place(1),
        message: 'it has no section of 3.30, but of 3.0, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7, 3.8, 3.9 and 2 more',
        hint: 'write the section of 3.30, or give its changelog under the name that it has there',
      },
    ],
    [
      'there is no heading',
      'nothing\n',
      {
        place: place(1),
        message: 'it has no heading of any version',
        hint: 'write a heading for it, as "3.30 (2026-01-31)" underlined, or "## [3.30] - 2026-01-31"',
      },
    ],
    ['it is empty', '\n# 3.30\n\n# 3.29\nx', { place: place(2), message: 'the section of 3.30 is empty' }],
    [
      'it is too long',
      `# 3.30\n${'x'.repeat(longest.section + 1)}`,
      { place: place(1), message: 'a section has 64000 characters at most' },
    ],
    [
      'the changelog is too long',
      'x'.repeat(longest.changelog + 1),
      { place: place(1), message: 'a changelog has 4000000 characters at most' },
    ],
  ])('cannot be told if %s', (_, text, problem) => {
    expect(changes(text)).toEqual({ problem })
  })
})
