import type SQLite from 'better-sqlite3'
import { holdAgainst } from '../../pool/imports/manifest-problems.ts'
import { readManifest, type Manifest } from '../../pool/manifest.ts'
import { printEnvelope, type Signature } from '../../pool/proof/envelope.ts'
import type { PublicKey } from '../../pool/proof/public-key.ts'
import { readSigned } from '../../pool/proof/signed-manifest.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { distribution } from '../sql/rows.ts'
import type { PoolFileRow, ReleaseRow } from '../sql/schema.ts'
import { summaryRow } from '../sql/summaries.ts'
import type { Finding } from './finding.ts'
import { keysOf } from './history-check.ts'

export interface ReleasesChecked {
  readonly findings: readonly Finding[]
  readonly releases: number
}

/** Proves every release, holds its files against the pool's rows, and what is said of it in short against its manifest. */
export function checkReleases(database: SQLite.Database): ReleasesChecked {
  const findings: Finding[] = [...summariesOfNothing(database)]
  const keys = keysOf(database)
  let releases = 0
  for (const row of database.prepare<[], ReleaseRow>('select * from releases order by product, release').iterate()) {
    releases++
    const damages = provenFindings(database, row, keys)
    findings.push(...damages)
    if (damages.length === 0) findings.push(...fileFindings(database, row), ...summaryFindings(database, row))
  }
  return { findings, releases }
}

function provenFindings(database: SQLite.Database, row: ReleaseRow, keys: readonly PublicKey[]): readonly Finding[] {
  const { product, release, manifest, digest } = row
  const name: ReleaseName = { product, release }
  const signatures = database
    .prepare<[string, string], Signature>(
      'select key, signature from release_signatures where product = ? and release = ? order by key',
    )
    .all(product, release)
  const found = { name, manifest: Buffer.from(manifest), envelope: printEnvelope(manifest, signatures) }
  const { proven, problems } = readSigned(found, keys)
  const messages = problems.map(({ path, message }) => `its ${path.split('/').at(-1)} ${message}`)
  if (proven && proven.digest !== digest)
    messages.unshift(`is said to have the digest ${digest}, but its manifest has ${proven.digest}`)
  const subject = printReleaseName(name)
  return messages.map((detail) => ({ code: 'release-damaged', subject, detail }))
}

function fileFindings(database: SQLite.Database, row: ReleaseRow): readonly Finding[] {
  // Also of what was removed: the release has it for ever, and it is told elsewhere that it is gone.
  const rowOf = database.prepare<[string], PoolFileRow>(
    'select *, null as yank, null as yank_reason from distributions where filename = ?',
  )
  const { lacking, problems } = holdAgainst(readManifest(row.manifest), ({ filename }) => {
    const held = rowOf.get(filename)
    return held && distribution(held)
  })
  const subject = printReleaseName(row)
  return [
    ...lacking.map(({ filename }) => `${filename}: the pool does not have it`),
    ...problems.map((p) => p.message),
  ].map((detail) => ({ code: 'release-lacks', subject, detail }))
}

function* summariesOfNothing(database: SQLite.Database): Generator<Finding> {
  const names = database.prepare<[], string>(
    `select product || '/' || release from release_summaries as said where not exists
     (select 1 from releases where releases.product = said.product and releases.release = said.release)`,
  )
  for (const subject of names.pluck().iterate())
    yield { code: 'summary-differs', subject, detail: 'is in lists, and there is no such release' }
}

function summaryFindings(database: SQLite.Database, row: ReleaseRow): readonly Finding[] {
  const manifest = readManifest(row.manifest)
  const differing = [...fieldsDiffering(database, row, manifest), ...filesDiffering(database, row, manifest)]
  return differing.map((detail) => ({ code: 'summary-differs', subject: printReleaseName(row), detail }))
}

function fieldsDiffering(database: SQLite.Database, row: ReleaseRow, manifest: Manifest): readonly string[] {
  const { product, release, digest, frozen_at: frozenAt } = row
  const said = database
    .prepare<[string, string], Record<string, unknown>>(
      'select * from release_summaries where product = ? and release = ?',
    )
    .get(product, release)
  if (!said) return ['is in no list']
  const wanted = summaryRow({ name: { product, release }, digest, frozenAt }, manifest)
  return Object.entries(wanted)
    .filter(([field, value]) => said[field] !== value)
    .map(([field, value]) => `is listed with ${field} ${JSON.stringify(said[field])}, not ${JSON.stringify(value)}`)
}

function filesDiffering(database: SQLite.Database, row: ReleaseRow, { files }: Manifest): readonly string[] {
  const found = database
    .prepare<[string, string], string>(
      `select coalesce(file_numbers.filename, 'file ' || release_files.file) from release_summaries
       join release_files on release_files.release = release_summaries.id
       left join file_numbers on file_numbers.id = release_files.file
       where product = ? and release_summaries.release = ?`,
    )
    .pluck()
    .all(row.product, row.release)
  const [there, wanted] = [new Set(found), new Set(files.map(({ filename }) => filename))]
  return [
    ...[...wanted].filter((name) => !there.has(name)).map((name) => `is not found by its file ${name}`),
    ...[...there].filter((name) => !wanted.has(name)).map((name) => `is found by ${name}, which is none of its files`),
  ]
}
