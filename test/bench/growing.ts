import SQLite from 'better-sqlite3'
import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { printManifest } from '../../pool/manifest.ts'
import { defaultPolicy } from '../../pool/policy/policy.ts'
import { parseTarget } from '../../pool/target.ts'
import { freezeRelease, type Freezing } from '../../server/actions/freeze-release.ts'
import { layout } from '../../storage/layout.ts'
import type { Store } from '../../storage/store.ts'
import { nameOf, openGrownPool, pinned } from './growth-pool.ts'
import type { Row } from './row.ts'

const small = 1_000
const large = 100_000
const targets = ['cp311-manylinux_x86_64', 'cp312-win_amd64', 'cp313-macosx_arm64'].map(parseTarget)
const text = Array.from({ length: pinned }, (_, index) => `${nameOf(index)}==1.0\n`).join('')

interface Pool {
  readonly directory: string
  readonly store: Store
}

/** How a freeze grows with the pool, and what a release costs on disk. The action alone, on stores of this process. */
export function growing(): readonly Row[] {
  const pools = new Map<number, Promise<Pool>>()
  const pool = (files: number): Promise<Pool> => {
    const known = pools.get(files) ?? makePool(files)
    pools.set(files, known)
    return known
  }
  return [
    {
      key: 'freeze-600',
      title: `freeze of ${pinned} pins, closed on 3 targets`,
      unit: 'ms',
      aim: { atMost: 300 },
      measure: async ({ kind }) => (kind === 'firn' ? (await timed(await pool(small))).milliseconds : undefined),
    },
    {
      key: 'freeze-growth',
      title: `the same, pool of ${large} files against ${small}`,
      unit: '×',
      aim: { atMost: 1.2 },
      measure: async ({ kind }) => (kind === 'firn' ? growth(await pool(small), await pool(large)) : undefined),
    },
    {
      key: 'freeze-size',
      title: 'database growth of a release against its manifest',
      unit: '×',
      aim: { atMost: 1.5 },
      measure: async ({ kind }) => (kind === 'firn' ? size(await pool(small)) : undefined),
    },
  ]
}

async function makePool(files: number): Promise<Pool> {
  const directory = await mkdtemp(join(tmpdir(), 'firn-growth-'))
  process.once('exit', () => void rm(directory, { recursive: true, force: true }))
  const pool = { directory, store: await openGrownPool(directory, files) }
  // The first ones read the database into the page cache and are compiled.
  for (let round = 0; round < 5; round++) await timed(pool)
  return pool
}

let made = 0

async function timed({ store }: Pool): Promise<{ readonly milliseconds: number; readonly freezing: Freezing }> {
  const name = { product: 'grown', release: String(++made) }
  const begun = performance.now()
  const freezing = await freezeRelease(
    { ...store, policy: defaultPolicy, now: () => '2026-11-24T12:00:00.000Z' },
    { name, sources: [{ name: 'requirements.txt', text }], targets, dryRun: false, actor: 'bench' },
  )
  return { milliseconds: performance.now() - begun, freezing }
}

/** The quickest of several each, in turns: what else the machine does only adds, and to both. */
async function growth(one: Pool, other: Pool): Promise<number> {
  let [before, after] = [Infinity, Infinity]
  for (let round = 0; round < 15; round++) {
    before = Math.min(before, (await timed(one)).milliseconds)
    after = Math.min(after, (await timed(other)).milliseconds)
  }
  return after / before
}

const releases = 10

async function size(pool: Pool): Promise<number> {
  const before = databaseBytes(pool)
  let manifests = 0
  for (let index = 0; index < releases; index++) {
    manifests += Buffer.byteLength(printManifest((await timed(pool)).freezing.manifest))
  }
  return (databaseBytes(pool) - before) / manifests
}

function databaseBytes({ directory }: Pool): number {
  const path = layout(directory).database
  const database = new SQLite(path)
  database.pragma('wal_checkpoint(truncate)')
  database.close()
  return statSync(path).size
}
