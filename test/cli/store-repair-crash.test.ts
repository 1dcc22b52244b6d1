/** A repair that is ended at any point, and one on a full disk: what is left can be repaired again. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { faultPoints } from '../../storage/fault.ts'
import { makeSdist } from '../support/archives.ts'
import { check, copyOf, edit, flip, overwrite, pathIn, placeOf, zodb, sharedData, zope } from '../support/damaged.ts'
import { firn, noPip, root, startServer } from '../support/server.ts'
import { startUpstream } from '../support/upstream.ts'

const kept = sharedData()

const points = faultPoints.filter((point) => /^(?:repair|adopt|collect):/.test(point))

/** Runs `firn store …` as a process of its own; says how it ended. */
function runStore(argv: readonly string[], env: Readonly<Record<string, string>>, limit = ''): Promise<unknown> {
  const node = [process.execPath, '--import', 'tsx', join(root, 'cli', 'firn.ts'), 'store', ...argv]
  const child = spawn('sh', ['-c', `${limit} exec "$@"`, 'sh', ...node], {
    env: { ...process.env, ...noPip, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: root,
  })
  child.stdout.resume()
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
}

describe.each(points)('ended at %s', (point) => {
  it('is finished by the next one', async () => {
    const data = await copyOf(kept.data)
    await overwrite(pathIn(data, zope), flip)
    await rm(pathIn(data, zodb))
    await writeFile(join(data, 'pool', 'karl', 'x.zip'), 'x')
    edit(data, `update facts set facts = '{}'`)
    const [verb, ...options] = point.startsWith('collect:') ? ['collect', '--yes'] : ['check', '--repair']
    expect(await runStore([verb ?? '', '--data', data, ...options], { FIRN_FAULT: point })).toBe('SIGKILL')
    expect((await check(data, '--repair')).code).toBe(0)
    expect(await check(data)).toEqual({ code: 0, findings: [] })
    expect((await firn(['store', 'collect', '--data', data, '--yes'])).code).toBe(0)
    expect(await check(data)).toEqual({ code: 0, findings: [] })
  })
})

it('on a full disk it mends what it can, keeps nothing half-made, and is finished when there is space', async () => {
  const noise = randomBytes(6_000_000)
  const large = makeSdist({ name: 'large', version: '1.0', files: { noise } })
  const upstream = await startUpstream({ files: [{ ...large, project: 'large' }] })
  const data = await copyOf(kept.data)
  const server = await startServer({ data, upstream: upstream.url })
  await firn(['fetch', 'large==1.0'], { FIRN_URL: server.url })
  await server.stop()
  await Promise.all([large, zope].map((each) => rm(pathIn(data, each))))
  expect(await runStore(['check', '--repair', '--data', data], {}, 'ulimit -f 4096 &&')).toBe(2)
  expect(await check(data)).toEqual({ code: 2, findings: [`file-missing ${placeOf(large)}`] })
  expect(await check(data, '--repair')).toEqual({ code: 0, findings: [`file-missing ${placeOf(large)} mended`] })
  expect(await check(data)).toEqual({ code: 0, findings: [] })
  await upstream.stop()
})
