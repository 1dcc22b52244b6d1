/** No write without its event, and no event without its write: every method of `Records`, one after the other. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import { checkLog } from '../../pool/proof/log-check.ts'
import { keyring } from '../../pool/proof/public-key.ts'
import type { Records } from '../../storage/ports.ts'
import type { NewToken } from '../../storage/ports/tokens.ts'
import { sha256 } from './pool-files.ts'
import { aFile, anAddition, anEvent, aRelease, someFacts, type RecordsFixture } from './records.ts'

/** What a method leaves in the log. */
interface Call {
  readonly run: (records: Records) => Promise<unknown>
  /** Verb and subject of each event. */
  readonly leaves: readonly string[]
  /** What it leaves when it is called again; nothing, unless it is said. */
  readonly again?: readonly string[]
}

const at = '2026-11-24T11:13:00.000Z'
const karl = parseProjectName('karl')
const [one, two] = [
  { product: 'karl', release: '1' },
  { product: 'karl', release: '2' },
]

const token: NewToken = {
  id: 'abc',
  name: 'ci',
  scopes: ['admin'],
  sha256: sha256('secret'),
  createdAt: at,
  createdBy: 'jan',
  expiresAt: null,
}

const reads = {
  distribution: (records) => records.distribution('a.zip'),
  distributionsOf: (records) => records.distributionsOf(karl),
  distributionsBefore: (records) => records.distributionsBefore(karl, at),
  distributionsOfAll: (records) => records.distributionsOfAll([karl]),
  distributionsOfPins: (records) => records.distributionsOfPins([{ project: karl, version: '3.30' }]),
  ownProjects: (records) => records.ownProjects([karl]),
  distributionsByDigest: (records) => records.distributionsByDigest('00'),
  projects: (records) => records.projects(),
  provenance: (records) => records.provenance(sha256('x')),
  projectStatus: (records) => records.projectStatus(karl),
  projectStatuses: (records) => records.projectStatuses(),
  removals: (records) => records.removals(),
  removal: (records) => records.removal('a.zip'),
  metadata: (records) => records.metadata(sha256('x')),
  factsOfAll: (records) => records.factsOfAll([sha256('a.zip')]),
  release: (records) => records.release(one),
  releases: (records) => records.releases(),
  releasesOver: (records) => records.releasesOver(one),
  releasesOf: (records) => records.releasesOf(['a.zip']),
  changesBetween: (records) => records.changesBetween(one, two),
  events: (records) => records.events(),
  lastEvent: (records) => records.lastEvent(),
  keys: (records) => records.keys(),
  token: (records) => records.token('abc'),
  tokens: (records) => records.tokens(),
  totals: (records) => records.totals(),
} as const satisfies Partial<Record<keyof Records, Call['run']>>

type Write = Exclude<keyof Records, keyof typeof reads | 'close'>

/** In an order in which each can be done. A new method does not compile until it is decided what it leaves. */
const writes = {
  takeUpKey: { run: (records) => records.takeUpKey(at), leaves: ['key KEY'] },
  addDistribution: {
    run: (records) => records.addDistribution(anAddition(aFile('a.zip')), anEvent('a.zip')),
    leaves: ['upload a.zip'],
  },
  setYanks: {
    run: (records) =>
      records.setYanks([{ filename: 'a.zip', reason: 'broken' }], ({ filename }) => anEvent(filename, 'yank')),
    leaves: ['yank a.zip'],
  },
  setProjectStatus: {
    run: (records) =>
      records.setProjectStatus({ project: karl, status: 'archived', reason: null, at }, anEvent('karl', 'status')),
    leaves: ['status karl'],
  },
  // What was mended may break again.
  noteRepair: {
    run: (records) => records.noteRepair({ at, actor: 'jan', verb: 'repair', subject: 'a.zip', facts: {} }),
    leaves: ['repair a.zip'],
    again: ['repair a.zip'],
  },
  // They follow from the bytes, which have their event.
  addFacts: { run: (records) => records.addFacts(new Map([[sha256('b.zip'), someFacts]])), leaves: [] },
  freezeRelease: {
    run: (records) => records.freezeRelease(aRelease('karl', '1'), anEvent('karl/1', 'import')),
    leaves: ['import karl/1'],
  },
  addToken: {
    run: (records) => records.addToken(token, anEvent('abc', 'create-token')),
    leaves: ['create-token abc'],
  },
  // When it was used last, and nothing of what it may do.
  tokenUsed: { run: (records) => records.tokenUsed('abc', at), leaves: [] },
  revokeToken: {
    run: (records) => records.revokeToken('abc', anEvent('abc', 'revoke-token')),
    leaves: ['revoke-token abc'],
  },
  removeDistribution: {
    run: (records) =>
      records.removeDistribution({ filename: 'a.zip', reason: 'a court says so', at }, anEvent('a.zip', 'remove')),
    leaves: ['remove a.zip'],
  },
} as const satisfies Readonly<Record<Write, Call>>

/** A fixture that can also refuse and count, as an administrator could. */
export interface WritesFixture extends RecordsFixture {
  /** From now on no event can be added. */
  readonly refuseEvents: () => Promise<void>
  /** How many rows each table has. */
  readonly rowCounts: () => Promise<Readonly<Record<string, number>>>
}

let fixture: WritesFixture

/** What every backend of `Records` does about the log. */
export function recordWritesContract(name: string, make: () => Promise<WritesFixture>): void {
  describe(`${name}, its writes and their events`, () => {
    beforeEach(async () => {
      fixture = await make()
    })
    afterEach(() => fixture.remove())

    it('are all of what the records can do', () => {
      expect(Object.keys(fixture.records).toSorted()).toEqual(
        [...Object.keys({ ...reads, ...writes }), 'close'].toSorted(),
      )
    })

    it('leave one event each, once, in a log that holds; reads leave none', async () => {
      for (const [method, { run, leaves, again = [] }] of Object.entries<Call>(writes)) {
        expect([method, await left(run)]).toEqual([method, leaves])
        expect([method, 'again', await left((records) => run(records).catch(() => {}))]).toEqual([
          method,
          'again',
          again,
        ])
      }
      for (const run of Object.values<Call['run']>(reads)) expect(await left(run)).toEqual([])
      const check = checkLog(keyring([fixture.signer.key]), [])
      check.take(await fixture.records.events())
      expect([check.lines, check.finish()]).toEqual([10, []])
    })

    it.each(Object.keys(writes) as readonly Write[])('%s is not done where its event cannot be', async (method) => {
      const { records } = fixture
      const before = Object.entries<Call>(writes).slice(0, Object.keys(writes).indexOf(method))
      for (const [, { run }] of before) await run(records)
      await fixture.refuseEvents()
      const { run, leaves }: Call = writes[method]
      const rows = await fixture.rowCounts()
      const refused = await run(records).then(
        () => [],
        () => [rows],
      )
      expect(refused.length === 0).toBe(leaves.length === 0)
      for (const unchanged of refused) expect(await fixture.rowCounts()).toEqual(unchanged)
    })
  })
}

/** Verb and subject of each event that a call adds. */
async function left(run: Call['run']): Promise<readonly string[]> {
  const { records, signer } = fixture
  const { sequence } = await records.lastEvent()
  await run(records)
  const events = await records.events({ after: sequence })
  return events.map(({ verb, subject }) => `${verb} ${subject.replace(signer.key.id, 'KEY')}`)
}
