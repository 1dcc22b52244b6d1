import { sql } from 'kysely'
import type { Finding } from './finding.ts'
import { left, mended, type Mended } from './mend-files.ts'
import type { Mending } from './mending.ts'
import { expectedSchema } from './schema-check.ts'

/** Makes a trigger, index or view anew: nothing is kept in one. Tables, and what is not firn's, are left. */
export async function mendSchema(mending: Mending, { code, subject }: Finding): Promise<Mended> {
  const [type = '', name = ''] = subject.split(' ')
  const part = (await expectedSchema()).find((each) => each.type === type && each.name === name)
  if (!part?.sql) return left('firn did not make it: look at it, and drop it by hand')
  if (type === 'table') return left('a table holds what cannot be made again: restore a backup')
  const made = part.sql
  await mending.change({ subject, facts: { finding: code, done: 'made again' } }, async (trx) => {
    await sql.raw(`drop ${type} if exists "${name}"`).execute(trx)
    await sql.raw(made).execute(trx)
  })
  return mended('made again')
}
