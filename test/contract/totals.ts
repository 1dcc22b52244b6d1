import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import { aFile, anAddition, anEvent, aRelease, type RecordsFixture } from './records.ts'

/** What is counted, over and over, while it grows. */
export function totalsContract(name: string, make: () => Promise<RecordsFixture>): void {
  describe(`${name} as totals`, () => {
    let fixture: RecordsFixture
    beforeEach(async () => {
      fixture = await make()
    })
    afterEach(() => fixture.remove())

    const add = (filename: string, project: string, size: number) =>
      fixture.records.addDistribution(
        anAddition(aFile(filename, { project: parseProjectName(project), size })),
        anEvent(filename),
      )

    it('are nothing before there is anything', async () => {
      expect(await fixture.records.totals()).toEqual({
        files: 0,
        bytes: 0,
        projects: 0,
        releases: 0,
        lastEvent: { sequence: 0, at: null },
      })
    })

    it('follow what is added, however often they are asked for', async () => {
      const { records } = fixture
      const { at } = anEvent('')
      const seen = async () => {
        const { files, bytes, projects, releases, lastEvent } = await records.totals()
        return [files, bytes, projects, releases, lastEvent.sequence, lastEvent.at]
      }
      await add('a-1.zip', 'a', 7_000_000_000)
      await add('b-1.zip', 'b', 20)
      expect(await seen()).toEqual([2, 7_000_000_020, 2, 0, 2, at])
      expect(await seen()).toEqual([2, 7_000_000_020, 2, 0, 2, at])
      await add('a-2.zip', 'a', 3)
      await add('a-2.zip', 'a', 3)
      await add('c-1.zip', 'c', 4)
      await add('c-2.zip', 'c', 5)
      expect(await seen()).toEqual([5, 7_000_000_032, 3, 0, 5, at])
      await records.freezeRelease(aRelease('karl', '1'), anEvent('karl/1', 'freeze'))
      expect(await seen()).toEqual([5, 7_000_000_032, 3, 1, 6, at])
    })

    it('are without what was removed', async () => {
      const { records } = fixture
      const remove = (filename: string) =>
        records.removeDistribution({ filename, reason: 'court', at: '2026-11-24T11:13:00.000Z' }, anEvent(filename))
      await add('a-1.zip', 'a', 10)
      await add('a-2.zip', 'a', 20)
      await add('b-1.zip', 'b', 300)
      expect(await records.totals()).toMatchObject({ files: 3, bytes: 330, projects: 2 })
      await remove('a-1.zip')
      expect(await records.totals()).toMatchObject({ files: 2, bytes: 320, projects: 2 })
      await remove('b-1.zip')
      expect(await records.totals()).toMatchObject({ files: 1, bytes: 20, projects: 1 })
      await add('b-2.zip', 'b', 5)
      expect(await records.totals()).toMatchObject({ files: 2, bytes: 25, projects: 2 })
    })
  })
}
