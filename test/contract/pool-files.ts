import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import type { PoolFiles, PoolPlace, Staged } from '../../storage/ports.ts'

/** What the contract needs of a backend besides the port. */
export interface PoolFilesFixture {
  readonly files: PoolFiles
  readonly stage: (bytes: string) => Promise<Staged>
  /** Names of what lies in staging. */
  readonly staged: () => Promise<readonly string[]>
  /** Contents of what was moved out of the pool's way. */
  readonly aside: () => Promise<readonly string[]>
  readonly remove: () => Promise<void>
}

const project = parseProjectName('karl')
const place: PoolPlace = { project, filename: 'karl-3.30.tar.gz' }

let fixture: PoolFilesFixture

/** What every backend of `PoolFiles` does. */
export function poolFilesContract(name: string, make: () => Promise<PoolFilesFixture>): void {
  describe(`${name} as pool files`, () => {
    beforeEach(async () => {
      fixture = await make()
    })
    afterEach(() => fixture.remove())
    describe('adopting', () => {
      adopting()
    })
    describe('reading', () => {
      reading()
    })
    describe('setting aside', () => {
      settingAside()
    })
  })
}

async function content(at: PoolPlace): Promise<string> {
  return (await buffer(await fixture.files.open(at))).toString()
}

async function places(): Promise<readonly string[]> {
  const found: string[] = []
  for await (const each of fixture.files.list()) found.push(`${each.project}/${each.filename}`)
  return found
}

function adopting(): void {
  it('takes a staged file in, and out of staging', async () => {
    const staged = await fixture.stage('first')
    expect(await fixture.staged()).toHaveLength(1)
    await fixture.files.adopt(staged, place)
    expect([await content(place), await fixture.staged()]).toEqual(['first', []])
  })

  it('takes the same bytes again', async () => {
    await fixture.files.adopt(await fixture.stage('first'), place)
    await fixture.files.adopt(await fixture.stage('first'), place)
    expect([await content(place), await fixture.staged()]).toEqual(['first', []])
  })

  it('refuses other bytes under a name that is taken, and never overwrites', async () => {
    await fixture.files.adopt(await fixture.stage('first'), place)
    await expect(fixture.files.adopt(await fixture.stage('other'), place)).rejects.toMatchObject({
      code: 'distribution-exists',
      facts: { filename: place.filename },
    })
    expect(await content(place)).toBe('first')
  })

  it('lets one of many writers of one name win, and tells the others', async () => {
    const writers = await Promise.all(Array.from({ length: 12 }, (_, index) => fixture.stage(`bytes ${index}`)))
    const outcomes = await Promise.allSettled(writers.map((staged) => fixture.files.adopt(staged, place)))
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
    const losers = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
    expect(await content(place)).toBe(`bytes ${winner}`)
    expect(losers).toHaveLength(11)
    for (const loser of losers) expect(loser).toMatchObject({ code: 'distribution-exists' })
  })

  it('lets all writers of the same bytes succeed', async () => {
    const writers = await Promise.all(Array.from({ length: 12 }, () => fixture.stage('same')))
    await Promise.all(writers.map((staged) => fixture.files.adopt(staged, place)))
    expect([await content(place), await fixture.staged(), await places()]).toEqual([
      'same',
      [],
      ['karl/karl-3.30.tar.gz'],
    ])
  })
}

function reading(): void {
  it('reads a whole file, at once or as a stream', async () => {
    await fixture.files.adopt(await fixture.stage('0123456789'), place)
    expect((await fixture.files.read(place)).toString()).toBe('0123456789')
    expect(await content(place)).toBe('0123456789')
  })

  it.each([
    [0, 0, '0'],
    [2, 5, '2345'],
    [9, 9, '9'],
    [0, 9, '0123456789'],
  ])('reads the bytes %i to %i, both included', async (start, end, expected) => {
    await fixture.files.adopt(await fixture.stage('0123456789'), place)
    const bytes = await buffer(await fixture.files.open(place, { start, end }))
    expect(bytes.toString()).toBe(expected)
  })

  it('says that a file is missing', async () => {
    const missing = { code: 'file-missing', facts: { ...place } }
    await expect(fixture.files.open(place)).rejects.toMatchObject(missing)
    await expect(fixture.files.read(place)).rejects.toMatchObject(missing)
  })

  it('lists every place, ascending by project and filename', async () => {
    expect(await places()).toEqual([])
    const wanted = ['zope/z-2.zip', 'karl/karl-10.zip', 'karl/Karl-9.zip', 'zope/z-1.zip', 'a-b/a.zip', 'a/a.zip']
    for (const each of wanted) {
      const [name = '', filename = ''] = each.split('/')
      await fixture.files.adopt(await fixture.stage(each), { project: parseProjectName(name), filename })
    }
    expect(await places()).toEqual([
      'a/a.zip',
      'a-b/a.zip',
      'karl/Karl-9.zip',
      'karl/karl-10.zip',
      'zope/z-1.zip',
      'zope/z-2.zip',
    ])
  })
}

function settingAside(): void {
  it('frees the name and keeps the bytes', async () => {
    await fixture.files.adopt(await fixture.stage('orphan'), place)
    await fixture.files.setAside(place)
    expect([await places(), await fixture.aside()]).toEqual([[], ['orphan']])
    await fixture.files.adopt(await fixture.stage('other'), place)
    expect([await content(place), await fixture.aside()]).toEqual(['other', ['orphan']])
  })

  it('keeps every one of several orphans of one name', async () => {
    for (const bytes of ['one', 'two', 'one']) {
      await fixture.files.adopt(await fixture.stage(bytes), place)
      await fixture.files.setAside(place)
    }
    expect((await fixture.aside()).toSorted()).toEqual(['one', 'two'])
  })

  it('takes a place that holds nothing', async () => {
    await fixture.files.setAside(place)
    expect([await places(), await fixture.aside()]).toEqual([[], []])
  })
}

export function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
