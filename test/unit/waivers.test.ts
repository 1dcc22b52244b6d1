import { describe, expect, it } from 'vitest'
import type { RegistryError } from '../../pool/errors.ts'
import type { Finding } from '../../pool/findings.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { applyWaivers, parseWaiver } from '../../pool/waivers.ts'

const lxml = parseProjectName('lxml')
const lacking: Finding = { rule: 'closure', severity: 'refuse', project: lxml, message: 'karl needs lxml' }
const yanked: Finding = { rule: 'yanked', severity: 'warn', project: lxml, message: 'lxml 4.9 is yanked' }
const at = '2026-11-25T12:00:00.000Z'

describe('a waiver', () => {
  it.each([
    ['lxml: on the hosts', { rule: null, project: 'lxml', until: null }],
    ['closure lxml: on the hosts', { rule: 'closure', project: 'lxml', until: null }],
    [
      'yanked Zope.Interface until 2027-01-31: on the hosts',
      { rule: 'yanked', project: 'zope-interface', until: '2027-01-31' },
    ],
  ])('is read from %j', (text, expected) => {
    expect(parseWaiver(text)).toEqual({ ...expected, reason: 'on the hosts', by: null })
  })

  it.each([
    '',
    'lxml',
    'lxml:',
    ':reason',
    'nothing lxml: reason',
    'lxml until soon: reason',
    'lxml until 2027-13-01: x',
    'lxml until 2027-02-31: x',
    '-x: y',
  ])('is not read from %j', (text) => {
    expect(() => parseWaiver(text)).toThrow(expect.objectContaining({ code: 'waiver-invalid' }) as RegistryError)
  })

  it('takes away what it names, and is kept with what that was', () => {
    const waivers = [parseWaiver('closure lxml until 2026-11-25: reason')]
    expect(applyWaivers([lacking, yanked], waivers, { at, by: 'ann' })).toEqual({
      findings: [yanked],
      kept: [
        {
          rule: 'closure',
          project: 'lxml',
          reason: 'reason',
          by: 'ann',
          until: '2026-11-25',
          waived: ['karl needs lxml'],
        },
      ],
      unused: [],
    })
  })

  it('without a rule is kept once for each that it was needed for', () => {
    const { findings, kept } = applyWaivers([lacking, yanked], [parseWaiver('lxml: reason')], { at, by: 'ann' })
    expect(findings).toEqual([])
    expect(kept.map(({ rule }) => rule)).toEqual(['closure', 'yanked'])
  })

  it('takes nothing away after its day, or where nothing speaks against its project', () => {
    const [expired, needless] = [parseWaiver('lxml until 2026-11-24: reason'), parseWaiver('zodb: reason')]
    expect(applyWaivers([lacking], [expired, needless], { at, by: 'ann' })).toEqual({
      findings: [lacking],
      kept: [],
      unused: [
        { waiver: expired, why: 'expired' },
        { waiver: needless, why: 'not-needed' },
      ],
    })
  })
})
