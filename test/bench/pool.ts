import { createHash } from 'node:crypto'
import { copyFileSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Distribution } from '../../pool/distribution.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import { normaliseName } from '../../pool/project-name.ts'
import { defaultPolicy } from '../../pool/policy/policy.ts'
import { parseTarget } from '../../pool/target.ts'
import { freezeRelease } from '../../server/actions/freeze-release.ts'
import { layout } from '../../storage/layout.ts'
import { openStore, type Store } from '../../storage/store.ts'
import { makeSdist, makeWheel, metadataOf, type Built } from '../support/archives.ts'

/** A file of the pool and what its row says. */
interface Item extends Built {
  readonly name: string
  readonly version: string
  readonly kind: 'wheel' | 'sdist'
}

export const release = { product: 'bench', release: '1' }
export const target = 'cp311-manylinux_x86_64'
/** Projects with a part of their own; all others are `project-0000` and so on. */
export const two = 'two'
export const big = 'big'
export const served = 'served'

/** What nothing is needed by. */
const facts: DistributionFacts = {
  requires: [],
  extras: [],
  buildRequires: [],
  licence: { expression: null, text: null, classifiers: [] },
  sboms: [],
}

const bigFiles = 500
const requiresPython = '>=3.8'
const at = '2026-11-24T12:00:00.000Z'

/** 20 KB that no compression shrinks. */
export const servedWheel = makeWheel({ name: served, version: '1.0', files: { 'data.bin': noise(19_500) } })

/** The names of the projects that have no part of their own. */
export function ordinary(projects: number): readonly string[] {
  return Array.from({ length: projects - 3 }, (_, index) => `project-${String(index).padStart(4, '0')}`)
}

/**
 * Makes a data directory with ten files a project, and a release of every project's version 1.0. Rows go in by the
 * store; bytes are real for what is fetched, and a line of text, with its true digest, for all else.
 */
export async function makePool(data: string, projects: number): Promise<void> {
  const store = await openStore(data)
  try {
    for (const item of items(projects)) await add(store, data, item)
    const names = [two, big, served, ...ordinary(projects)]
    const text = names.map((name) => `${name}==1.0\n`).join('')
    const sources = [{ name: 'requirements.txt', text }]
    const request = { name: release, sources, targets: [parseTarget(target)], dryRun: false, actor: 'bench' }
    await freezeRelease({ ...store, policy: defaultPolicy, now: () => at }, request)
  } finally {
    await store.close()
  }
}

function* items(projects: number): Generator<Item> {
  const version = '1.0'
  yield { ...makeWheel({ name: two, version, requiresPython }), name: two, version, kind: 'wheel' }
  yield { ...makeSdist({ name: two, version, requiresPython }), name: two, version, kind: 'sdist' }
  yield { ...servedWheel, name: served, version, kind: 'wheel' }
  for (let build = 1; build <= bigFiles; build++) {
    yield { ...stub(`${big}-${version}-${build}-py3-none-any.whl`), name: big, version, kind: 'wheel' }
  }
  const names = ordinary(projects)
  for (let index = 0; index < projects * 10 - bigFiles - 3; index++) {
    yield ordinaryItem(names[index % names.length] ?? '', Math.floor(index / names.length))
  }
}

/** The first ones of a project are the wheel and the sdist of 1.0, the next ones those of 2.0. */
function ordinaryItem(name: string, index: number): Item {
  const version = `${1 + Math.floor(index / 2)}.0`
  const stem = `${name.replaceAll('-', '_')}-${version}`
  return index % 2 === 0
    ? { ...stub(`${stem}-py3-none-any.whl`), name, version, kind: 'wheel' }
    : { ...stub(`${stem}.tar.gz`), name, version, kind: 'sdist' }
}

function stub(filename: string): Built {
  return { filename, bytes: Buffer.from(`stands in for ${filename}\n`) }
}

async function add(store: Store, data: string, { filename, bytes, name, version, kind }: Item): Promise<void> {
  const metadata = Buffer.from(metadataOf({ name, version, requiresPython }))
  const project = normaliseName(name)
  const file: Distribution = {
    filename,
    project,
    name,
    version,
    kind,
    requiresPython,
    size: bytes.length,
    sha256: sha256(bytes),
    metadataSha256: sha256(metadata),
    uploadTime: at,
    origin: null,
    product: null,
    yanked: null,
    provenanceSha256: null,
  }
  const directory = join(layout(data).pool, project)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, filename), bytes)
  const event = { at, actor: 'bench', verb: 'upload', subject: filename, facts: { sha256: file.sha256 } } as const
  await store.records.addDistribution({ distribution: file, metadata, facts }, event)
}

/** A data directory with the same content, for another server: files are shared, since nobody changes them. */
export function copyPool(from: string, to: string): void {
  const [source, copy] = [layout(from), layout(to)]
  mkdirSync(copy.pool, { recursive: true })
  copyFileSync(source.database, copy.database)
  for (const project of readdirSync(source.pool)) {
    mkdirSync(join(copy.pool, project))
    linkFiles(join(source.pool, project), join(copy.pool, project))
  }
}

/** The same files in one flat directory, as pypiserver keeps them. */
export function flatPool(from: string, to: string): void {
  mkdirSync(to)
  for (const project of readdirSync(layout(from).pool)) linkFiles(join(layout(from).pool, project), to)
}

function linkFiles(from: string, to: string): void {
  for (const filename of readdirSync(from)) linkSync(join(from, filename), join(to, filename))
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 'noise'): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`${seed} ${index}`).digest(),
  )
  return Buffer.concat(parts).subarray(0, length)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
