import type { Connection } from '../connection.ts'

/** The shapes are those of `server/routes/import.ts`. */
export interface ImportBody {
  readonly manifest: string
  readonly envelope?: string
  readonly dryRun: boolean
}

export interface ImportAnswer {
  readonly release: string
  readonly outcome: 'imported' | 'same' | 'checked'
  readonly digest: string
  readonly path: string
  /** Filenames that the pool does not have. */
  readonly lacking: readonly string[]
}

/** `POST /api/v1/releases/import`. */
export function importRelease(connection: Connection, body: ImportBody): Promise<ImportAnswer> {
  return connection.json('POST', '/api/v1/releases/import', body)
}
