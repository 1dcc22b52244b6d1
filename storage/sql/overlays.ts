import type { Kysely, Transaction } from 'kysely'
import { RegistryError } from '../../pool/errors.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { saysSame, type ProjectStatus } from '../../pool/project-status.ts'
import { refuseIfFull } from '../filesystem/durable.ts'
import type { AuditEvent } from '../ports/events.ts'
import type { OverlayRecords, YankMark } from '../ports/overlays.ts'
import type { Signer } from '../signing-key.ts'
import { addEvent } from './events.ts'
import { distribution, statusOf } from './rows.ts'
import type { PoolFileRow, RemovalRow, Schema } from './schema.ts'

export function overlayRecords(db: Kysely<Schema>, signer: Signer): OverlayRecords {
  const tell = (trx: Transaction<Schema>, event: AuditEvent) => addEvent(trx, event, signer)
  const inOne = <Outcome>(change: (trx: Transaction<Schema>) => Promise<Outcome>) =>
    db.transaction().execute(change).catch(refuseIfFull)
  return {
    setYanks: (marks, eventOf) => inOne((trx) => setYanks(trx, marks, { eventOf, tell })),
    projectStatus: (project, before) => projectStatus(db, project, before),
    setProjectStatus: (status, event) => inOne((trx) => setStatus(trx, status, () => tell(trx, event))),
    projectStatuses: () => projectStatuses(db),
    removal: (filename) => removals(db).where('removals.filename', '=', filename).executeTakeFirst(),
    removals: () => removals(db).orderBy('removals.filename').execute(),
    removeDistribution: (removal, event) => inOne((trx) => remove(trx, removal, () => tell(trx, event))),
  }
}

interface Telling {
  readonly eventOf: (mark: YankMark) => AuditEvent
  readonly tell: (trx: Transaction<Schema>, event: AuditEvent) => Promise<void>
}

async function setYanks(
  trx: Transaction<Schema>,
  marks: readonly YankMark[],
  { eventOf, tell }: Telling,
): Promise<readonly string[]> {
  const changed: string[] = []
  for (const mark of marks) {
    const { yanked } = distribution(await fileInPool(trx, mark.filename))
    if (yanked === mark.reason) continue
    const event = eventOf(mark)
    await trx
      .insertInto('yanks')
      .values({ ...mark, at: event.at })
      .execute()
    await tell(trx, event)
    changed.push(mark.filename)
  }
  return changed
}

async function fileInPool(trx: Transaction<Schema>, filename: string): Promise<PoolFileRow> {
  const row = await trx.selectFrom('pool_files').selectAll().where('filename', '=', filename).executeTakeFirst()
  if (!row) throw new RegistryError('distribution-unknown', { filename }, { detail: filename })
  return row
}

async function projectStatus(
  db: Kysely<Schema>,
  project: ProjectName,
  before: string | undefined,
): Promise<ProjectStatus | undefined> {
  const rows = db.selectFrom('project_statuses').selectAll().where('project', '=', project)
  const row = await (before === undefined ? rows : rows.where('at', '<', before))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && statusOf(row)
}

async function projectStatuses(db: Kysely<Schema>): Promise<readonly ProjectStatus[]> {
  const rows = await db
    .selectFrom('project_statuses')
    .selectAll()
    .where('id', 'in', (of) =>
      of
        .selectFrom('project_statuses')
        .select(({ fn }) => fn.max('id').as('id'))
        .groupBy('project'),
    )
    .orderBy('project')
    .execute()
  return rows.map(statusOf)
}

function removals(db: Kysely<Schema>) {
  return db
    .selectFrom('removals')
    .innerJoin('distributions', 'distributions.filename', 'removals.filename')
    .select(['removals.filename', 'removals.reason', 'removals.at', 'distributions.product'])
}

async function setStatus(
  trx: Transaction<Schema>,
  { project, status, reason, at }: ProjectStatus,
  tell: () => Promise<void>,
): Promise<'set' | 'same'> {
  if (saysSame(await projectStatus(trx, project, undefined), { status, reason })) return 'same'
  await trx.insertInto('project_statuses').values({ project, status, reason, at }).execute()
  await tell()
  return 'set'
}

async function remove(
  trx: Transaction<Schema>,
  removal: RemovalRow,
  tell: () => Promise<void>,
): Promise<'removed' | 'same'> {
  const known = await trx.selectFrom('removals').select('filename').where('filename', '=', removal.filename).execute()
  if (known.length > 0) return 'same'
  const { metadata_sha256, provenance_sha256 } = await fileInPool(trx, removal.filename)
  await trx.insertInto('removals').values(removal).execute()
  await forget(trx, 'metadata', 'metadata_sha256', metadata_sha256)
  if (provenance_sha256 !== null) await forget(trx, 'provenance', 'provenance_sha256', provenance_sha256)
  await tell()
  return 'removed'
}

/** A trigger refuses it as well where a file of the pool has the same. */
async function forget(
  trx: Transaction<Schema>,
  table: 'metadata' | 'provenance',
  column: 'metadata_sha256' | 'provenance_sha256',
  sha256: string,
): Promise<void> {
  const others = await trx.selectFrom('pool_files').select('filename').where(column, '=', sha256).limit(1).execute()
  if (others.length === 0) await trx.deleteFrom(table).where('sha256', '=', sha256).execute()
}
