import type { Kysely, Transaction } from 'kysely'
import type { Distribution, Iso } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { grouped } from '../../pool/grouped.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { removedError } from '../../pool/removal.ts'
import type { Fault } from '../fault.ts'
import { refuseIfFull } from '../filesystem/durable.ts'
import type { Addition, DistributionRecords } from '../ports.ts'
import type { AuditEvent } from '../ports/events.ts'
import type { Signer } from '../signing-key.ts'
import { inBatches } from './batch.ts'
import { addEvent } from './events.ts'
import { insertFacts } from './facts.ts'
import { pinKey } from './pin-key.ts'
import { distribution, distributionRow } from './rows.ts'
import type { PoolFileRow, Schema } from './schema.ts'

export function distributionRecords(db: Kysely<Schema>, fault: Fault, signer: Signer): DistributionRecords {
  const filesOf = (projects: readonly ProjectName[]) =>
    db.selectFrom('pool_files').selectAll().where('project', 'in', projects).orderBy('project').orderBy('filename')
  return {
    distribution: async (filename) => {
      const row = await db.selectFrom('pool_files').selectAll().where('filename', '=', filename).executeTakeFirst()
      return row && distribution(row)
    },
    distributionsOf: async (project) => (await filesOf([project]).execute()).map(distribution),
    distributionsBefore: (project, before) => distributionsBefore(db, project, before),
    distributionsOfAll: async (projects) => {
      const rows = await inBatches(projects, (some) => filesOf(some).execute())
      return grouped(rows.map(distribution), ({ project }) => project)
    },
    ownProjects: async (projects) => new Set(await inBatches(projects, (some) => ownProjects(db, some))),
    distributionsByDigest: async (prefix) => {
      // `g` comes right after the hex digits, so this is a range of the index and no pattern.
      const found = db.selectFrom('pool_files').selectAll().where('sha256', '>=', prefix)
      const rows = await found.where('sha256', '<', `${prefix}g`).orderBy('filename').execute()
      return rows.map(distribution)
    },
    distributionsOfPins: async (pins) => {
      const rows = await inBatches([...new Set(pins.map(pinKey))], (some) => filesOfKeys(db, some))
      return grouped(rows.map(distribution), ({ project }) => project)
    },
    projects: (hidden = [], before) => projects(db, hidden, before),
    metadata: async (sha256) =>
      (await db.selectFrom('metadata').select('bytes').where('sha256', '=', sha256).executeTakeFirst())?.bytes,
    provenance: async (sha256) =>
      (await db.selectFrom('provenance').select('json').where('sha256', '=', sha256).executeTakeFirst())?.json,
    addDistribution: (addition, event) => addDistribution(db, { addition, event, fault, signer }).catch(refuseIfFull),
  }
}

async function ownProjects(db: Kysely<Schema>, projects: readonly ProjectName[]): Promise<readonly ProjectName[]> {
  const uploaded = db.selectFrom('distributions').select('project').distinct().where('project', 'in', projects)
  const rows = await uploaded.where('origin_index', 'is', null).execute()
  return rows.map(({ project }) => project as ProjectName)
}

function filesOfKeys(db: Kysely<Schema>, keys: readonly string[]): Promise<readonly PoolFileRow[]> {
  return db
    .selectFrom('versions')
    .innerJoin('pool_files', 'pool_files.filename', 'versions.filename')
    .selectAll('pool_files')
    .where('versions.pin', 'in', keys)
    .orderBy('pool_files.filename')
    .execute()
}

async function distributionsBefore(
  db: Kysely<Schema>,
  project: ProjectName,
  before: Iso,
): Promise<readonly Distribution[]> {
  const rows = await db
    .selectFrom('distributions')
    .leftJoin('yanks', (join) =>
      join.on('yanks.id', '=', (of) =>
        of
          .selectFrom('yanks as last')
          .select(({ fn }) => fn.max('last.id').as('id'))
          .whereRef('last.filename', '=', 'distributions.filename')
          .where('last.at', '<', before),
      ),
    )
    .selectAll('distributions')
    .select(['yanks.id as yank', 'yanks.reason as yank_reason'])
    .where('project', '=', project)
    .where('upload_time', '<', before)
    .where('distributions.filename', 'not in', (of) => of.selectFrom('removals').select('filename'))
    .orderBy('distributions.filename')
    .execute()
  return rows.map(distribution)
}

async function projects(
  db: Kysely<Schema>,
  hidden: readonly string[],
  before: Iso | undefined,
): Promise<readonly { project: ProjectName; name: string }[]> {
  const rows = await db
    .selectFrom('pool_files')
    .select(['project', 'name', (by) => by.fn.countAll<number>().as('files')])
    .$if(hidden.length > 0, (query) =>
      query.where((by) => by.or([by('product', 'is', null), by('product', 'not in', hidden)])),
    )
    .$if(before !== undefined, (query) => query.where('upload_time', '<', before ?? ''))
    .groupBy(['project', 'name'])
    .orderBy('project')
    .orderBy('files', 'desc')
    .orderBy('name')
    .execute()
  const first = new Map<string, string>()
  for (const { project, name } of rows) if (!first.has(project)) first.set(project, name)
  return [...first].map(([project, name]) => ({ project: project as ProjectName, name }))
}

interface Adding {
  readonly addition: Addition
  readonly event: AuditEvent
  readonly fault: Fault
  readonly signer: Signer
}

async function addDistribution(
  db: Kysely<Schema>,
  { addition: { distribution: file, metadata, facts, provenance }, event, fault, signer }: Adding,
): Promise<'added' | 'same'> {
  const outcome = await db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto('distributions')
      .values(distributionRow(file))
      .onConflict((conflict) => conflict.column('filename').doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows !== 1n) return sameOrRefused(trx, file)
    await trx
      .insertInto('versions')
      .values({ pin: pinKey(file), filename: file.filename })
      .execute()
    await trx
      .insertInto('metadata')
      .values({ sha256: file.metadataSha256, bytes: Buffer.from(metadata) })
      .onConflict((conflict) => conflict.column('sha256').doNothing())
      .execute()
    if (provenance !== undefined && file.provenanceSha256 !== null) {
      await trx
        .insertInto('provenance')
        .values({ sha256: file.provenanceSha256, json: provenance })
        .onConflict((conflict) => conflict.column('sha256').doNothing())
        .execute()
    }
    await insertFacts(trx, file.sha256, facts)
    await addEvent(trx, event, signer)
    fault('row:before-commit')
    return 'added'
  })
  fault('row:committed')
  return outcome
}

async function sameOrRefused(trx: Transaction<Schema>, { filename, sha256 }: Distribution): Promise<'same'> {
  const held = await trx
    .selectFrom('distributions')
    .select('sha256')
    .where('filename', '=', filename)
    .executeTakeFirst()
  const removal = await trx.selectFrom('removals').selectAll().where('filename', '=', filename).executeTakeFirst()
  if (removal) throw removedError(removal)
  if (held?.sha256 === sha256) return 'same'
  throw new RegistryError('distribution-exists', { filename }, { detail: filename })
}
