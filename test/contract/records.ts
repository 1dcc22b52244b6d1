import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Distribution } from '../../pool/distribution.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import { printManifest, type Manifest, type ManifestFile } from '../../pool/manifest.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { releaseMessage } from '../../pool/proof/envelope.ts'
import type { Addition, FrozenRelease, Records, UnsignedRelease } from '../../storage/ports.ts'
import type { AuditEvent, LoggedEvent } from '../../storage/ports/events.ts'
import type { Signer } from '../../storage/signing-key.ts'
import { sha256 } from './pool-files.ts'
import { aManifest } from '../support/manifest.ts'

/** An event's row as the backend keeps it, for the chain. */
export interface EventLine {
  readonly at: string
  readonly actor: string
  readonly verb: string
  readonly subject: string
  /** Canonical JSON. */
  readonly facts: string
  readonly previous: string
  readonly digest: string
}

/** What the contract needs of a backend besides the port. */
export interface RecordsFixture {
  readonly records: Records
  /** What the records sign with. */
  readonly signer: Signer
  readonly eventLines: () => Promise<readonly EventLine[]>
  /** Runs a statement as an administrator would, past firn. */
  readonly run: (statement: string) => Promise<void>
  readonly remove: () => Promise<void>
}

const at = '2026-11-24T11:13:00.000Z'
const metadata = Buffer.from('Name: karl\n\xff', 'latin1')
const origin = { index: 'http://up/simple/', url: 'http://up/karl.whl', uploadTime: '2010-01-01T00:00:00Z', yanked: '' }

export function aFile(filename: string, more: Partial<Distribution> = {}): Distribution {
  return {
    filename,
    project: parseProjectName('karl'),
    name: 'KARL',
    version: '3.30',
    kind: 'sdist',
    size: 12_345_678_901,
    sha256: sha256(filename),
    metadataSha256: sha256(metadata),
    requiresPython: '>=3.9',
    uploadTime: at,
    origin: null,
    product: null,
    yanked: null,
    provenanceSha256: null,
    ...more,
  }
}

export const someFacts: DistributionFacts = {
  requires: ['zope.interface>=5', 'WebOb ; extra == "web"'],
  extras: ['web'],
  buildRequires: ['setuptools>=40.8.0'],
  licence: { expression: 'ZPL-2.1', text: null, classifiers: ['License :: OSI Approved'] },
  sboms: [{ path: 'karl-3.30.dist-info/sboms/a.cdx.json', sha256: sha256('{}'), text: '{}' }],
}

export function anAddition(distribution: Distribution, bytes: Uint8Array = metadata): Addition {
  return { distribution, metadata: bytes, facts: someFacts }
}

export function anEvent(subject: string, verb: AuditEvent['verb'] = 'upload'): AuditEvent {
  return { at, actor: 'anonymous', verb, subject, facts: { size: 1, b: { z: null, a: 'é"\\' } } }
}

export function aRelease(
  product: string,
  release: string,
  frozenAt = at,
  more: Partial<Pick<Manifest, 'files' | 'pins' | 'base' | 'changes'>> = {},
): UnsignedRelease {
  const manifest = printManifest(aManifest({ product, release, 'frozen-at': frozenAt, ...more }))
  return { name: { product, release }, digest: sha256(manifest), manifest, frozenAt }
}

/** The file as a manifest has it. */
export function inManifest(file: Distribution): ManifestFile {
  return {
    filename: file.filename,
    project: file.project,
    name: file.name,
    version: file.version,
    kind: file.kind,
    size: file.size,
    sha256: file.sha256,
    'metadata-sha256': file.metadataSha256,
    'requires-python': file.requiresPython,
    'upload-time': file.uploadTime,
    origin: null,
  }
}

/** Ed25519 gives one signature of one message (RFC 8032). */
export function signed(release: UnsignedRelease): FrozenRelease {
  const { key, sign } = fixture.signer
  return { ...release, signatures: [{ key: key.id, signature: sign(releaseMessage(release.manifest)) }] }
}

/** Events without what the log adds to them. */
export function told(events: readonly LoggedEvent[]): readonly AuditEvent[] {
  return events.map(({ at, actor, verb, subject, facts }) => ({ at, actor, verb, subject, facts }))
}

let fixture: RecordsFixture

/** What every backend of `Records` does. */
export function recordsContract(name: string, make: () => Promise<RecordsFixture>): void {
  describe(`${name} as records`, () => {
    beforeEach(async () => {
      fixture = await make()
    })
    afterEach(() => fixture.remove())
    describe('distributions', () => {
      distributions()
    })
    describe('projects', () => {
      projects()
    })
    describe('two writers at once', () => {
      writers()
    })
    describe('facts', () => {
      facts()
    })
    describe('releases', () => {
      releases()
    })
    describe('events', () => {
      events()
    })
    describe('immutability', () => {
      immutability()
    })
  })
}

function add(file: Distribution, bytes: Uint8Array = metadata): Promise<'added' | 'same'> {
  return fixture.records.addDistribution(anAddition(file, bytes), anEvent(file.filename))
}

function distributions(): void {
  it.each([
    ['uploaded', aFile('karl-3.30.zip')],
    ['fetched', aFile('karl-3.30.zip', { origin, yanked: '' })],
    ['fetched, nothing else known', aFile('karl-3.30.zip', { origin: { ...origin, uploadTime: null, yanked: null } })],
    ['without requires-python', aFile('karl-3.30.zip', { requiresPython: null })],
  ])('gives back what was added: %s', async (_, file) => {
    expect(await add(file)).toBe('added')
    expect(await fixture.records.distribution(file.filename)).toEqual(file)
    expect(await fixture.records.distributionsOf(file.project)).toEqual([file])
    expect(await fixture.records.metadata(file.metadataSha256)).toEqual(metadata)
  })

  it('knows nothing that was not added', async () => {
    const { records } = fixture
    expect(await records.distribution('karl-3.30.zip')).toBe(undefined)
    expect(await records.distributionsOf(parseProjectName('karl'))).toEqual([])
    expect(await records.distributionsOfAll([parseProjectName('karl')])).toEqual(new Map())
    expect(await records.distributionsOfAll([])).toEqual(new Map())
    expect(await records.metadata(sha256(metadata))).toBe(undefined)
  })

  it('takes the same content again, and changes nothing', async () => {
    await add(aFile('a.zip'))
    expect(await add(aFile('a.zip', { uploadTime: '2027-01-01T00:00:00.000Z', origin }))).toBe('same')
    expect(await fixture.records.distribution('a.zip')).toEqual(aFile('a.zip'))
    expect(told(await fixture.records.events())).toEqual([anEvent('a.zip')])
  })

  it('refuses other content under the same filename, whatever its project', async () => {
    await add(aFile('a.zip'))
    const other = aFile('a.zip', { sha256: sha256('other'), project: parseProjectName('other') })
    await expect(add(other, Buffer.from('other'))).rejects.toMatchObject({
      code: 'distribution-exists',
      facts: { filename: 'a.zip' },
    })
    expect(await fixture.records.distribution('a.zip')).toEqual(aFile('a.zip'))
    expect(told(await fixture.records.events())).toEqual([anEvent('a.zip')])
  })
}

function projects(): void {
  it('lists projects by normalised name, under the spelling that most files use', async () => {
    const zope = parseProjectName('zope-interface')
    await add(aFile('z1', { project: zope, name: 'zope-interface' }))
    await add(aFile('z2', { project: zope, name: 'zope.interface' }))
    await add(aFile('z3', { project: zope, name: 'zope.interface' }))
    await add(aFile('k1', { name: 'karl' }))
    await add(aFile('k2', { name: 'KARL' }))
    expect(await fixture.records.projects()).toEqual([
      { project: 'karl', name: 'KARL' },
      { project: 'zope-interface', name: 'zope.interface' },
    ])
  })

  it('gives the files of more projects than one statement holds, each ascending by filename', async () => {
    const names = Array.from({ length: 1100 }, (_, index) => parseProjectName(`p${index}`))
    const [first = parseProjectName('p0'), last = parseProjectName('p1099')] = [names[0], names.at(-1)]
    for (const [filename, project] of [
      ['b', first],
      ['a', first],
      ['c', last],
    ] as const)
      await add(aFile(filename, { project }))
    const found = await fixture.records.distributionsOfAll(names)
    expect([...found].map(([project, files]) => [project, files.map(({ filename }) => filename)])).toEqual([
      ['p0', ['a', 'b']],
      ['p1099', ['c']],
    ])
  })

  it('gives the files of more pins than one statement holds, however they spell their versions', async () => {
    const files = [
      aFile('a', { version: '3.30' }),
      aFile('b', { version: 'v3.30.0' }),
      aFile('c', { version: '3.30.1' }),
      aFile('d', { version: '3.30-legacy' }),
      aFile('e', { version: '3.30', project: parseProjectName('other') }),
    ]
    for (const file of files.toReversed()) await add(file)
    const others = Array.from({ length: 600 }, (_, index) => ({ project: parseProjectName(`p${index}`), version: '1' }))
    const project = parseProjectName('karl')
    const found = async (version: string) =>
      [...(await fixture.records.distributionsOfPins([...others, { project, version }]))].map(([name, held]) => [
        name,
        held.map(({ filename }) => filename),
      ])
    expect(await found('3.30.0.0')).toEqual([['karl', ['a', 'b']]])
    expect(await found('3.30-legacy')).toEqual([['karl', ['d']]])
    expect(await found('3.31')).toEqual([])
  })
}

function writers(): void {
  it('lets one content of a filename win and tells the other', async () => {
    const files = [aFile('a.zip'), aFile('a.zip', { sha256: sha256('other') })]
    const [first, second] = await Promise.allSettled(files.map((file) => add(file)))
    expect(first).toEqual({ status: 'fulfilled', value: 'added' })
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'distribution-exists' } })
    expect(told(await fixture.records.events())).toEqual([anEvent('a.zip')])
  })

  it('lets two of the same content both succeed, with one event', async () => {
    expect((await Promise.all([add(aFile('a.zip')), add(aFile('a.zip'))])).toSorted()).toEqual(['added', 'same'])
    expect(told(await fixture.records.events())).toEqual([anEvent('a.zip')])
  })

  it('lets one of two freezes of a name win', async () => {
    const { records } = fixture
    const both = [aRelease('karl', '1'), aRelease('karl', '1', at, { changes: 'other' })]
    const outcomes = await Promise.allSettled(
      both.map((release) => records.freezeRelease(release, anEvent('karl/1', 'freeze'))),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(await records.release({ product: 'karl', release: '1' })).toEqual(signed(aRelease('karl', '1')))
  })
}

function facts(): void {
  const other: DistributionFacts = { ...someFacts, requires: null, buildRequires: null, extras: [], sboms: [] }

  it('come with a file, are those of its content, and are known for no other', async () => {
    await add(aFile('a.zip'))
    await add(aFile('b.zip', { sha256: sha256('a.zip') }))
    const asked = ['a.zip', 'c.zip', 'b.zip'].map(sha256)
    expect(await fixture.records.factsOfAll(asked)).toEqual(new Map([[sha256('a.zip'), someFacts]]))
    expect(await fixture.records.factsOfAll([])).toEqual(new Map())
  })

  it('are added afterwards for more files than one statement holds, without an event; those that are there stay', async () => {
    const { records } = fixture
    await add(aFile('a.zip'))
    const names = ['a.zip', ...Array.from({ length: 600 }, (_, index) => `${index}.zip`)]
    await records.addFacts(new Map(names.map((name) => [sha256(name), other])))
    const found = await records.factsOfAll(names.map(sha256))
    expect([found.size, found.get(sha256('a.zip')), found.get(sha256('599.zip'))]).toEqual([601, someFacts, other])
    expect(told(await records.events())).toEqual([anEvent('a.zip')])
  })
}

function releases(): void {
  it('gives back what was frozen, and lists it without the manifest: products ascending, the last frozen first', async () => {
    const { records } = fixture
    const frozen = [
      aRelease('karl', '3.9', '2026-01-01T00:00:00.000Z'),
      aRelease('karl', '3.10', '2026-02-01T00:00:00.000Z'),
      aRelease('acme', '1', '2026-03-01T00:00:00.000Z'),
    ]
    for (const release of frozen) await records.freezeRelease(release, anEvent(release.name.release, 'freeze'))
    for (const release of frozen) expect(await records.release(release.name)).toEqual(signed(release))
    expect((await records.releases()).map(({ name }) => name.release)).toEqual(['1', '3.10', '3.9'])
    const [{ manifest: _, ...summary }] = [aRelease('acme', '1', '2026-03-01T00:00:00.000Z')]
    expect((await records.releases())[0]).toEqual({
      ...summary,
      frozenBy: 'jan',
      pins: 0,
      files: 0,
      base: null,
      sequence: 3,
    })
    expect(await records.release({ product: 'karl', release: '4' })).toBe(undefined)
  })

  it('refuses a name that is frozen, even with the same content', async () => {
    const { records } = fixture
    await records.freezeRelease(aRelease('karl', '1'), anEvent('karl/1', 'freeze'))
    await expect(records.freezeRelease(aRelease('karl', '1'), anEvent('again', 'freeze'))).rejects.toMatchObject({
      code: 'release-frozen',
      facts: { release: 'karl/1' },
    })
    expect(told(await records.events())).toEqual([anEvent('karl/1', 'freeze')])
    expect((await records.release({ product: 'karl', release: '1' }))?.signatures).toHaveLength(1)
  })
}

function events(): void {
  it('has one event a change, the oldest first, in a chain that verifies', async () => {
    await add(aFile('a.zip'))
    expect(await add(aFile('b.zip'))).toBe('added')
    await fixture.records.freezeRelease(aRelease('karl', '1'), anEvent('karl/1', 'freeze'))
    expect(told(await fixture.records.events())).toEqual([
      anEvent('a.zip'),
      anEvent('b.zip'),
      anEvent('karl/1', 'freeze'),
    ])
    let previous = sha256('')
    for (const line of await fixture.eventLines()) {
      expect(line).toEqual({ ...line, previous, facts: '{"b":{"a":"é\\"\\\\","z":null},"size":1}' })
      expect(line.digest).toBe(sha256(canonical(line)))
      previous = line.digest
    }
  })
}

/** RFC 8785 by hand: the members in order, the facts as they are kept. */
function canonical({ actor, at, facts, previous, subject, verb }: EventLine): string {
  return `{"actor":"${actor}","at":"${at}","facts":${facts},"previous":"${previous}","subject":"${subject}","verb":"${verb}"}`
}

function immutability(): void {
  it.each([
    ['distributions', 'name'],
    ['metadata', 'sha256'],
    ['facts', 'sha256'],
    ['versions', 'pin'],
    ['releases', 'digest'],
    ['events', 'digest'],
    ['release_summaries', 'digest'],
    ['file_numbers', 'filename'],
    ['release_files', 'file'],
    ['event_signatures', 'key'],
    ['release_signatures', 'key'],
    ['signing_keys', 'pem'],
  ])('refuses to change rows of %s', async (table, column) => {
    await add(aFile('a.zip'))
    const release = aRelease('karl', '1', at, { files: [inManifest(aFile('a.zip'))] })
    await fixture.records.freezeRelease(release, anEvent('karl/1', 'freeze'))
    await fixture.records.takeUpKey(at)
    await expect(fixture.run(`update ${table} set ${column} = 'x'`)).rejects.toThrow('immutable')
    await expect(fixture.run(`delete from ${table}`)).rejects.toThrow('immutable')
  })
}
