import { performance } from 'node:perf_hooks'
import { ask } from './ask.ts'
import { ordinary, target } from './pool.ts'
import type { Row } from './row.ts'

const pins = 100

/** A release of pins that are spread over the pool, from the request to the answer that it is frozen. */
export function freezing(projects: number): Row {
  let made = 0
  const names = ordinary(projects)
  const step = Math.max(1, Math.floor(names.length / pins))
  const text = Array.from({ length: pins }, (_, index) => `${names[(index * step) % names.length]}==1.0\n`)
  return {
    key: 'freeze',
    title: `freeze of ${pins} pins`,
    unit: 'ms',
    aim: { atMost: 100 },
    async measure({ kind, url }) {
      if (kind !== 'firn') return undefined
      const sources = [{ name: 'requirements.txt', text: text.join('') }]
      const body = Buffer.from(JSON.stringify({ sources, targets: [target] }))
      const headers = { 'Content-Type': 'application/json' }
      const begun = performance.now()
      const answer = await ask(`${url}/api/v1/releases/bench/frozen-${made++}`, { method: 'PUT', headers, body })
      if (answer.status !== 201)
        throw new Error(`a freeze is answered with ${answer.status}: ${answer.body.toString()}`)
      return performance.now() - begun
    },
  }
}
