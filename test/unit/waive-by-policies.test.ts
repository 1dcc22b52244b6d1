import { describe, expect, it } from 'vitest'
import type { Finding } from '../../pool/findings.ts'
import type { Judged } from '../../pool/policy/judge.ts'
import { defaultPolicy, type Policy } from '../../pool/policy/policy.ts'
import { waiveByPolicies, type Given } from '../../pool/policy/waive-by-policies.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { parseWaiver, type Waiver } from '../../pool/waivers.ts'

const at = '2026-11-25T12:00:00.000Z'
const project = parseProjectName('lxml')

/** One wheel of lxml 4.9.1, which is yanked. */
const judged: Judged = {
  at,
  facts: new Map(),
  manifest: {
    pins: [{ project, name: 'lxml', version: '4.9.1', marker: null }],
    targets: ['cp311-manylinux_x86_64'],
    files: [
      {
        filename: 'lxml-4.9.1-py3-none-any.whl',
        project,
        name: 'lxml',
        version: '4.9.1',
        kind: 'wheel',
        size: 1,
        sha256: 'a',
        'metadata-sha256': '',
        'requires-python': null,
        'upload-time': at,
        origin: 'https://i/',
      },
    ],
  },
  distributions: new Map([
    [
      'a',
      {
        filename: 'lxml-4.9.1-py3-none-any.whl',
        project,
        name: 'lxml',
        version: '4.9.1',
        kind: 'wheel',
        size: 1,
        sha256: 'a',
        metadataSha256: '',
        requiresPython: null,
        uploadTime: at,
        product: null,
        yanked: 'bad',
        provenanceSha256: null,
        origin: { index: 'https://i/', url: 'https://i/', uploadTime: null, yanked: 'bad' },
      },
    ],
  ]),
}

const lacking: Finding = { rule: 'closure', severity: 'refuse', project, message: 'karl needs lxml' }
const standing: Waiver = { rule: 'yanked', project, reason: 'ours is fine', by: 'anna', until: null }
const hint = 'take another version, or let it pass: --waive "yanked lxml: REASON"'

function policy(yanked: Policy['yanked'], more: Partial<Policy> = {}): Policy {
  return { ...defaultPolicy, yanked, ...more }
}

function outcome(server: Policy, client: Policy | null, given: Partial<Given> = {}) {
  return waiveByPolicies({ server, client }, judged, { waivers: [], findings: [], at, by: 'bert', ...given })
}

function yanked(severity: Finding['severity'], whose: string, more: object = {}): object {
  const message = `lxml 4.9.1 was yanked upstream: "bad" (${whose} policy)`
  return { rule: 'yanked', severity, project, message, ...(severity === 'refuse' ? { hint } : {}), ...more }
}

describe('of two policies the stricter counts', () => {
  it.each<[Policy['yanked'], Policy['yanked'] | null, readonly object[]]>([
    ['allow', null, []],
    ['allow', 'allow', []],
    ['warn', null, [yanked('warn', 'server')]],
    ['warn', 'allow', [yanked('warn', 'server')]],
    ['allow', 'warn', [yanked('warn', 'client')]],
    ['warn', 'warn', [yanked('warn', 'server and client')]],
    ['refuse', 'allow', [yanked('refuse', 'server')]],
    ['refuse', 'warn', [yanked('refuse', 'server and client')]],
    ['warn', 'refuse', [yanked('refuse', 'server and client')]],
    ['allow', 'refuse', [yanked('refuse', 'client')]],
  ])('server %s, client %s', (server, client, findings) => {
    expect(outcome(policy(server), client === null ? null : policy(client)).findings).toEqual(findings)
  })
})

/** What the manifest keeps of a waiver of the yank. */
function kept(reason: string, by: string, whose: string): object {
  const waived = [`lxml 4.9.1 was yanked upstream: "bad"${whose}`]
  return { rule: 'yanked', project, reason, until: null, by, waived }
}

describe('a waiver', () => {
  const waiver = parseWaiver('yanked lxml: it works here')
  it('of the command line counts for both policies, and is kept with who gave it', () => {
    expect(outcome(policy('refuse'), policy('refuse'), { waivers: [waiver] })).toEqual({
      findings: [],
      kept: [kept('it works here', 'bert', ' (server and client policy)')],
      unused: [],
    })
  })

  it("of the server's policy counts for its own rules alone", () => {
    expect(outcome(policy('refuse', { waivers: [standing] }), null)).toEqual({
      findings: [],
      kept: [kept('ours is fine', 'anna', '')],
      unused: [],
    })
    const both = outcome(policy('refuse', { waivers: [standing] }), policy('warn'))
    expect(both.findings).toEqual([yanked('warn', 'client')])
  })

  it("of the client's policy counts for both", () => {
    expect(outcome(policy('refuse'), policy('warn', { waivers: [standing] }))).toEqual({
      findings: [],
      kept: [kept('ours is fine', 'anna', ' (server and client policy)')],
      unused: [],
    })
  })

  it('of a client does not count against a server that takes none', () => {
    const server = policy('refuse', { clientWaivers: false })
    const { findings, kept, unused } = outcome(server, null, { waivers: [waiver], findings: [lacking] })
    const own = 'the server takes no waivers but its own: [[policy.waivers]] in its firn.toml'
    expect(findings).toEqual([lacking, yanked('refuse', 'server', { hint: own })])
    expect([kept, unused]).toEqual([[], [{ waiver, why: 'not-needed' }]])
  })

  it('of a client still counts for all else', () => {
    const server = policy('allow', { clientWaivers: false })
    const waivers = [parseWaiver('lxml: on the hosts')]
    expect(outcome(server, policy('refuse'), { waivers, findings: [lacking] }).findings).toEqual([])
  })

  it('that has ended lets nothing pass, and is named', () => {
    const until = '2026-11-24'
    const { findings, unused } = outcome(policy('refuse'), policy('allow', { waivers: [{ ...standing, until }] }))
    expect([findings, unused]).toEqual([
      [yanked('refuse', 'server', { hint: `its waiver ended on ${until}; ${hint}` })],
      [],
    ])
  })

  it('of a policy need not be needed; one of the command line is named if it is not', () => {
    const { unused } = outcome(policy('allow'), policy('allow', { waivers: [standing] }), { waivers: [waiver] })
    expect(unused).toEqual([{ waiver, why: 'not-needed' }])
  })
})
