import type { Kysely, Migration } from 'kysely'
import type { Dialect } from './dialect.ts'
import { poolAndReleases } from './migrations/0001-pool-and-releases.ts'
import { factsAndVersions } from './migrations/0002-facts-and-versions.ts'
import { signatures } from './migrations/0003-signatures.ts'
import { questions } from './migrations/0004-questions.ts'
import { access } from './migrations/0005-access.ts'
import { overlays } from './migrations/0006-overlays.ts'

/**
 * Every change of the schema, by name, in order. A migration that has been released is never edited: a data directory
 * that names one unknown here was made by a newer firn.
 */
export function migrations(dialect: Dialect): Record<string, Migration> {
  return {
    '0001-pool-and-releases': { up: (db: Kysely<unknown>) => poolAndReleases(db, dialect) },
    '0002-facts-and-versions': { up: (db: Kysely<unknown>) => factsAndVersions(db, dialect) },
    '0003-signatures': { up: (db: Kysely<unknown>) => signatures(db, dialect) },
    '0004-questions': { up: (db: Kysely<unknown>) => questions(db, dialect) },
    '0005-access': { up: (db: Kysely<unknown>) => access(db, dialect) },
    '0006-overlays': { up: (db: Kysely<unknown>) => overlays(db, dialect) },
  }
}
