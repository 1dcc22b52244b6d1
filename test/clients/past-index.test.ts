/** The index as it was, to real installers: as an index URL, and beside what they themselves make of times. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const versions = ['1.0', '2.0', '3.0']

let place: Workplace
let uv: string
/** When each version entered the pool; no two at once. */
const times: string[] = []
beforeAll(async () => {
  place = await makeWorkplace()
  uv = await pinnedUv()
  for (const version of versions) {
    const wheel = makeWheel({ name: 'karl', version })
    while (new Date().toISOString() <= (times.at(-1) ?? '')) await new Promise(setImmediate)
    await place.upload(wheel)
    times.push((await place.server.store.records.distribution(wheel.filename))?.uploadTime ?? '')
  }
})
afterAll(() => place?.stop())

const shifted = (at: string, milliseconds: number) => new Date(Date.parse(at) + milliseconds).toISOString()

/** What uv chooses; `undefined` where it finds nothing. */
async function chosen(...options: readonly string[]): Promise<string | undefined> {
  const args = ['pip', 'install', '--dry-run', '--python', await place.virtualenv('uv'), 'karl', ...options]
  const { stderr } = await place.tryClient(uv, args)
  return /\+ karl==(\S+)/.exec(stderr)?.[1]
}

describe('the index as it was before an instant', () => {
  it('is what uv makes of the live index with --exclude-newer, to the millisecond', async () => {
    for (const at of times.flatMap((time) => [shifted(time, -1), time, shifted(time, 1)])) {
      const [ours, theirs] = [
        await chosen('--index-url', `${place.url}/at/${at}/simple/`),
        await chosen('--index-url', `${place.url}/simple/`, '--exclude-newer', at),
      ]
      expect([at, ours]).toEqual([at, theirs])
    }
    expect(await chosen('--index-url', `${place.url}/at/${times[2]}/simple/`)).toBe('2.0')
    expect(await chosen('--index-url', `${place.url}/at/${times[0]}/simple/`)).toBeUndefined()
  })

  it('serves pip', async () => {
    const environment = await place.virtualenv('pip')
    const index = `${place.url}/at/${times[1]}/simple/`
    const args = ['-m', 'pip', '--python', environment, 'install', '--index-url', index, 'karl']
    expect(await place.client(await pinnedPip(), args)).toContain('Successfully installed karl-1.0')
  })

  it('lets no client stray', () => {
    expect(place.strayed).toEqual([])
  })
})
