import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let place: Workplace
beforeAll(async () => {
  place = await makeWorkplace()
  const karl = ['3.30', '3.31'].map((version) => makeWheel({ name: 'karl', version }))
  await place.upload(...karl, makeWheel({ name: 'acme.theme', version: '1.0', requires: ['karl'] }))
  for (const version of ['3.30', '3.31']) await place.firn('freeze', `karl/${version}`, `karl==${version}`)
  await place.firn('freeze', 'acme/2026.11.1', '--base', 'karl/3.30', 'acme.theme==1.0')
  await place.firn('refreeze', '--base', 'karl/3.31')
})
afterAll(() => place?.stop())
beforeEach(() => void place.takeRequests())

const versions = `
from importlib.metadata import version
print(*(f"{name}={version(name)}" for name in ("acme.theme", "karl")))
`

it.each(['+', '%2B'])(
  'lets pip and uv install a release laid over a new base, its name written with %s',
  async (plus) => {
    const index = `${place.url}/index/acme/2026.11.1${plus}karl3.31/`
    const requirements = ['--index-url', index, '--require-hashes', '-r', `${index}requirements.txt`]
    const name = plus === '+' ? 'plain' : 'escaped'
    for (const client of ['pip', 'uv']) {
      const environment = await place.virtualenv(`${client}-${name}`)
      const python = join(environment, 'bin', 'python')
      if (client === 'pip')
        await place.client(await pinnedPip(), ['-m', 'pip', '--python', python, 'install', ...requirements])
      else await place.client(await pinnedUv(), ['pip', 'install', '--python', python, ...requirements])
      expect(await place.client(python, ['-c', versions])).toBe('acme.theme=1.0 karl=3.31\n')
    }
    expect(place.takeRequests().filter(({ status }) => status !== 200)).toEqual([])
    expect(place.strayed).toEqual([])
  },
)
