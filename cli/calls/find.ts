import type { Client } from '../../pool/clients.ts'
import type { Connection } from '../connection.ts'

/** The shapes are those of `server/routes/find.ts`. */
export interface FoundFile {
  readonly filename: string
  readonly version: string
  readonly url: string
  readonly sha256: string | null
  readonly yanked: string | null
  readonly 'requires-python': string | null
  readonly clients: readonly Client[]
}

export interface Matches {
  readonly requirement: string
  readonly best: string | null
  readonly files: readonly FoundFile[]
}

export interface FoundIn {
  readonly index: string | null
  readonly matches: readonly Matches[]
}

export interface FindQuery {
  readonly requirements: readonly string[]
  readonly indexes: readonly string[]
  readonly eggs: boolean
}

/** As many as are sure to fit into a URL. */
const atOnce = 25

/** `GET /api/v1/find`, as often as it takes for all requirements. */
export async function findFiles(connection: Connection, query: FindQuery): Promise<readonly FoundIn[]> {
  const found: FoundIn[] = []
  for (let start = 0; start < query.requirements.length; start += atOnce) {
    const part = { ...query, requirements: query.requirements.slice(start, start + atOnce) }
    const { indexes } = await connection.json<{ readonly indexes: readonly FoundIn[] }>('GET', pathOf(part))
    for (const [at, each] of indexes.entries()) {
      found[at] = { index: each.index, matches: [...(found[at]?.matches ?? []), ...each.matches] }
    }
  }
  return found
}

function pathOf({ requirements, indexes, eggs }: FindQuery): string {
  const pairs: [string, string][] = [
    ...requirements.map((each): [string, string] => ['q', each]),
    ...indexes.map((each): [string, string] => ['index', each]),
    ...(eggs ? [['eggs', 'true'] satisfies [string, string]] : []),
  ]
  return `/api/v1/find?${new URLSearchParams(pairs).toString()}`
}
