import SQLite from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import type { Distribution } from '../../pool/distribution.ts'
import { factsReader, unknownFacts } from '../../pool/facts.ts'
import { normaliseName } from '../../pool/project-name.ts'
import { layout } from '../../storage/layout.ts'
import { pinKey } from '../../storage/sql/pin-key.ts'
import { distributionRow } from '../../storage/sql/rows.ts'
import { openStore, type Store } from '../../storage/store.ts'

const at = '2026-11-24T12:00:00.000Z'

export function nameOf(project: number): string {
  return `grown-${String(project).padStart(4, '0')}`
}

/**
 * A pool of `files` wheels, one a version, of a thousand projects: rows alone, since freezing reads no bytes. Each needs
 * five others. They go in by SQL, as a hundred thousand commits that are synced take an hour.
 */
export async function openGrownPool(data: string, files: number): Promise<Store> {
  await (await openStore(data)).close()
  const database = new SQLite(layout(data).database)
  try {
    database.transaction(() => addAll(database, files))()
  } finally {
    database.close()
  }
  return openStore(data)
}

/** How many projects a release has; each needs others of them. */
export const pinned = 600

const projects = 1000

function addAll(database: SQLite.Database, files: number): void {
  const facts = database.prepare('insert into facts (sha256, reader, facts) values (?, ?, ?)')
  const versions = database.prepare('insert into versions (pin, filename) values (?, ?)')
  let insert: SQLite.Statement | undefined
  for (let index = 0; index < files; index++) {
    const file = fileOf(index % projects, Math.floor(index / projects) + 1)
    const row = distributionRow(file)
    const columns = Object.keys(row)
    insert ??= database.prepare(
      `insert into distributions (${columns.join()}) values (${columns.map(() => '?').join()})`,
    )
    insert.run(Object.values(row))
    versions.run(pinKey(file), file.filename)
    facts.run(file.sha256, factsReader, factsOf(index % projects))
  }
}

function fileOf(project: number, version: number): Distribution {
  const name = nameOf(project)
  const filename = `${name.replaceAll('-', '_')}-${version}.0-py3-none-any.whl`
  const sha256 = createHash('sha256').update(filename).digest('hex')
  return {
    filename,
    project: normaliseName(name),
    name,
    version: `${version}.0`,
    kind: 'wheel',
    size: 20_000,
    sha256,
    metadataSha256: sha256,
    requiresPython: '>=3.9',
    uploadTime: at,
    origin: null,
    product: null,
    yanked: null,
    provenanceSha256: null,
  }
}

/** The next five of the pinned projects. */
function factsOf(project: number): string {
  const requires = [1, 2, 3, 4, 5].map((step) => {
    const marker = step % 2 === 0 ? ' ; python_version >= "3.9" and extra != "none"' : ''
    return `${nameOf((project + step) % pinned)}>=1.0,<3${marker}`
  })
  return canonicalJson({ ...unknownFacts, requires } as unknown as Json)
}
