import { expect, it } from 'vitest'
import { sharedWork } from '../../server/shared-work.ts'

it('is done once for all who ask meanwhile, and anew after that, however it ended', async () => {
  const ends: ((fails: boolean) => void)[] = []
  const work = sharedWork(
    () =>
      new Promise<number>((resolve, reject) => {
        const begun = ends.length
        ends.push((fails) => (fails ? reject(new Error('full')) : resolve(begun)))
      }),
  )
  const first = [work(), work(), work()]
  expect(ends).toHaveLength(1)
  ends[0]?.(true)
  expect((await Promise.allSettled(first)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  const second = [work(), work()]
  expect(ends).toHaveLength(2)
  ends[1]?.(false)
  expect(await Promise.all(second)).toEqual([1, 1])
})
