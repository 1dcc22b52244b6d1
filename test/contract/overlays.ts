/** What is laid over the pool later: yanks, statuses of projects, removals. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import { sha256 } from './pool-files.ts'
import { aFile, anAddition, anEvent, type RecordsFixture } from './records.ts'

const karl = parseProjectName('karl')
const [monday, tuesday, wednesday] = ['2026-11-23', '2026-11-24', '2026-11-25'].map((day) => `${day}T12:00:00.000Z`)
const origin = { index: 'http://up/', url: 'http://up/a.zip', uploadTime: null, yanked: 'upstream says so' }

/** What every backend of `OverlayRecords` does. */
export function overlaysContract(name: string, make: () => Promise<RecordsFixture>): void {
  describe(`${name}, what is laid over the pool`, () => {
    let fixture: RecordsFixture
    beforeEach(async () => {
      fixture = await make()
    })
    afterEach(() => fixture.remove())

    const add = (filename: string, more: Parameters<typeof aFile>[1] = {}) =>
      fixture.records.addDistribution(anAddition(aFile(filename, more)), anEvent(filename))
    const yank = (filename: string, reason: string | null, at = tuesday) =>
      fixture.records.setYanks([{ filename, reason }], (mark) => ({
        ...anEvent(mark.filename, mark.reason === null ? 'unyank' : 'yank'),
        at: at ?? '',
      }))
    const yanked = async (before?: string) => {
      const { records } = fixture
      const files =
        before === undefined ? await records.distributionsOf(karl) : await records.distributionsBefore(karl, before)
      return files.map((file) => [file.filename, file.yanked])
    }

    it('yanks, and takes it back, and says what held when', async () => {
      await add('a.zip', { uploadTime: monday ?? '' })
      await add('b.zip', { uploadTime: tuesday ?? '' })
      expect(await yank('a.zip', 'broken')).toEqual(['a.zip'])
      expect(await yank('a.zip', 'broken')).toEqual([])
      expect(await yanked()).toEqual([
        ['a.zip', 'broken'],
        ['b.zip', null],
      ])
      expect((await fixture.records.distribution('a.zip'))?.yanked).toBe('broken')
      await yank('a.zip', null, wednesday)
      expect(await yanked(monday)).toEqual([])
      expect(await yanked(tuesday)).toEqual([['a.zip', null]])
      expect(await yanked(wednesday)).toEqual([
        ['a.zip', 'broken'],
        ['b.zip', null],
      ])
      expect(await yanked('2026-11-26')).toEqual(await yanked())
      expect(await fixture.records.projects([], monday)).toEqual([])
      expect(await fixture.records.projects([], tuesday)).toEqual([{ project: karl, name: 'KARL' }])
    })

    it('yanks over what an upstream said, and takes that back', async () => {
      await add('a.zip', { origin, yanked: origin.yanked })
      expect(await yanked()).toEqual([['a.zip', 'upstream says so']])
      await yank('a.zip', null)
      expect(await yanked()).toEqual([['a.zip', null]])
    })

    it('marks all files or none', async () => {
      await add('a.zip')
      const marks = ['a.zip', 'unknown.zip'].map((filename) => ({ filename, reason: 'broken' }))
      const marking = fixture.records.setYanks(marks, ({ filename }) => anEvent(filename, 'yank'))
      await expect(marking).rejects.toMatchObject({ code: 'distribution-unknown' })
      expect(await yanked()).toEqual([['a.zip', null]])
    })

    it('says what a project was when', async () => {
      const { records } = fixture
      const set = (status: 'archived' | 'active', at = '') =>
        records.setProjectStatus({ project: karl, status, reason: 'done', at }, anEvent('karl', 'status'))
      expect(await records.projectStatus(karl)).toBeUndefined()
      expect(await set('archived', monday)).toBe('set')
      expect(await set('archived', tuesday)).toBe('same')
      expect(await set('active', wednesday)).toBe('set')
      const archived = { project: karl, status: 'archived', reason: 'done', at: monday }
      expect(await records.projectStatus(karl, monday)).toBeUndefined()
      expect(await records.projectStatus(karl, tuesday)).toEqual(archived)
      expect(await records.projectStatus(karl)).toEqual({ ...archived, status: 'active', at: wednesday })
      expect(await records.projectStatus(parseProjectName('other'))).toBeUndefined()
      expect(await records.projectStatuses()).toEqual([{ ...archived, status: 'active', at: wednesday }])
    })

    it('takes a file out of the pool, with what was read of it alone, and keeps its name taken', async () => {
      const { records } = fixture
      await add('a.zip')
      await add('b.zip')
      const removal = { filename: 'a.zip', reason: 'a court says so', at: monday ?? '' }
      const metadata = aFile('a.zip').metadataSha256
      expect(await records.removeDistribution(removal, anEvent('a.zip', 'remove'))).toBe('removed')
      expect(await records.removeDistribution(removal, anEvent('a.zip', 'remove'))).toBe('same')
      expect(await records.removal('a.zip')).toEqual({ ...removal, product: null })
      expect(await records.removals()).toEqual([{ ...removal, product: null }])
      expect(await records.removal('b.zip')).toBeUndefined()
      expect(await records.distribution('a.zip')).toBeUndefined()
      expect(await yanked('2026-11-26')).toEqual([['b.zip', null]])
      expect((await records.distributionsByDigest(sha256('a.zip'))).length).toBe(0)
      expect(await records.metadata(metadata)).toBeDefined()
      await records.removeDistribution({ ...removal, filename: 'b.zip' }, anEvent('b.zip', 'remove'))
      expect(await records.metadata(metadata)).toBeUndefined()
      expect(await records.projects()).toEqual([])
      await expect(add('a.zip')).rejects.toMatchObject({ code: 'distribution-removed' })
      await expect(add('a.zip', { sha256: sha256('other') })).rejects.toMatchObject({ code: 'distribution-removed' })
    })

    it("tells the team's own projects, also by what was removed", async () => {
      const { records } = fixture
      const [zope, none] = ['zope', 'none'].map(parseProjectName) as [typeof karl, typeof karl]
      expect(await records.ownProjects([karl, zope])).toEqual(new Set())
      await add('a.zip')
      await add('b.zip', { origin })
      await add('z.zip', { project: zope, origin })
      expect(await records.ownProjects([zope, none, karl, karl])).toEqual(new Set([karl]))
      const removal = { filename: 'a.zip', reason: 'a court says so', at: monday ?? '' }
      await records.removeDistribution(removal, anEvent('a.zip', 'remove'))
      expect(await records.ownProjects([karl])).toEqual(new Set([karl]))
      expect(await records.ownProjects([])).toEqual(new Set())
      await add('y.zip', { project: zope, product: 'acme' })
      expect(await records.ownProjects([karl, zope])).toEqual(new Set([karl, zope]))
    })

    it('refuses to delete what was read of a file that is in the pool', async () => {
      await add('a.zip')
      await expect(fixture.run('delete from metadata')).rejects.toThrow('metadata are immutable')
      for (const table of ['yanks', 'project_statuses', 'removals'])
        await expect(fixture.run(`update ${table} set at = '' where 1`)).resolves.toBeUndefined()
      await yank('a.zip', 'broken')
      await expect(fixture.run(`update yanks set reason = ''`)).rejects.toThrow('yanks are immutable')
      await expect(fixture.run('delete from yanks')).rejects.toThrow('yanks are immutable')
    })

    it('keeps attestations beside their file', async () => {
      const file = aFile('a.zip', { provenanceSha256: sha256('{}') })
      await fixture.records.addDistribution({ ...anAddition(file), provenance: '{}' }, anEvent('a.zip'))
      expect(await fixture.records.distribution('a.zip')).toEqual(file)
      expect(await fixture.records.provenance(sha256('{}'))).toBe('{}')
      expect(await fixture.records.provenance(sha256('x'))).toBeUndefined()
    })
  })
}
