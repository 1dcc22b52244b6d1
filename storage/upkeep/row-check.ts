import type SQLite from 'better-sqlite3'
import { digestOf } from '../../pool/digest.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { pinKey } from '../sql/pin-key.ts'
import type { Finding } from './finding.ts'

/** What the database keeps of files besides their rows, as far as it can be judged without their bytes. */
export function* checkRows(database: SQLite.Database, isDoubtful: (filename: string) => boolean): Generator<Finding> {
  yield* metadataFindings(database)
  yield* provenanceFindings(database)
  yield* versionFindings(database, isDoubtful)
}

interface MetadataOf {
  readonly filename: string
  readonly sha256: string
  readonly bytes: Buffer | null
}

function* metadataFindings(database: SQLite.Database): Generator<Finding> {
  const rows = database.prepare<[], MetadataOf>(
    `select filename, metadata_sha256 as sha256, bytes from pool_files
     left join metadata on metadata.sha256 = metadata_sha256 order by filename`,
  )
  for (const { filename, sha256, bytes } of rows.iterate()) {
    if (bytes !== null && digestOf(bytes) === sha256) continue
    const detail = bytes === null ? 'has no metadata in the database' : 'has other metadata than when it came'
    yield { code: 'metadata-damaged', subject: filename, detail }
  }
}

interface ProvenanceOf {
  readonly filename: string
  readonly sha256: string
  readonly json: string | null
}

function* provenanceFindings(database: SQLite.Database): Generator<Finding> {
  const rows = database.prepare<[], ProvenanceOf>(
    `select filename, provenance_sha256 as sha256, json from pool_files
     left join provenance on provenance.sha256 = provenance_sha256
     where provenance_sha256 is not null order by filename`,
  )
  for (const { filename, sha256, json } of rows.iterate()) {
    if (json !== null && digestOf(json) === sha256) continue
    const detail = json === null ? 'has no attestations in the database' : 'has other attestations than when it came'
    yield { code: 'provenance-damaged', subject: filename, detail }
  }
}

interface VersionOf {
  readonly filename: string
  readonly project: ProjectName | null
  readonly version: string | null
  readonly pin: string | null
}

function* versionFindings(database: SQLite.Database, isDoubtful: (filename: string) => boolean): Generator<Finding> {
  const rows = database.prepare<[], VersionOf>(
    `select filename, project, version, pin from distributions left join versions using (filename)
     union all
     select filename, null, null, pin from versions where filename not in (select filename from distributions)`,
  )
  for (const { filename, project, version, pin } of rows.iterate()) {
    if (project === null || version === null)
      yield { code: 'versions-differ', subject: filename, detail: `is found as ${pin}, and is not in the pool` }
    else if (!isDoubtful(filename)) {
      const wanted = pinKey({ project, version })
      if (pin !== wanted)
        yield {
          code: 'versions-differ',
          subject: filename,
          detail: `is found as ${pin ?? 'nothing'}, not as ${wanted}`,
        }
    }
  }
}
