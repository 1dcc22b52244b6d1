import { readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import type { ArchiveReason } from '../../storage/archives/refuse.ts'
import { type ArchiveForm, readArchive } from '../../storage/archives/read-archive.ts'

export type Refused = ArchiveReason | 'metadata-missing'

/** Archives by the reason they are refused for, and then by what is wrong with them. */
export type Refusals = Readonly<Partial<Record<Refused, Readonly<Record<string, Buffer>>>>>

/** The table as rows for `it.each`: what is wrong, the bytes, the reason. */
export function rows(refusals: Refusals): readonly (readonly [string, Buffer, string])[] {
  return Object.entries(refusals).flatMap(([reason, archives]) =>
    Object.entries(archives).map(([name, bytes]) => [name, bytes, reason] as const),
  )
}

/** A directory to stage archives in, for one test file. */
export interface Stage {
  /** The metadata, or the error. Any error but a RegistryError is thrown. */
  readonly read: (bytes: Buffer, form: ArchiveForm) => Promise<string | RegistryError>
  /** The reason of the refusal; or the metadata, where there is none. */
  readonly outcome: (bytes: Buffer, form: ArchiveForm) => Promise<unknown>
  /** Throws if this process has a staged file open; silent where there is no /proc. */
  readonly expectClosed: () => void
  readonly remove: () => Promise<void>
}

export async function makeStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'firn-staged-'))
  const path = join(directory, 'staged')
  const read: Stage['read'] = async (bytes, form) => {
    await writeFile(path, bytes)
    try {
      return Buffer.from((await readArchive(path, form)).metadata).toString('latin1')
    } catch (error) {
      if (error instanceof RegistryError) return error
      throw error
    }
  }
  return {
    read,
    outcome: async (bytes, form) => {
      const result = await read(bytes, form)
      if (typeof result === 'string') return result
      return result.code === 'archive-invalid' ? result.facts['reason'] : result.code
    },
    expectClosed: () => {
      if (descriptors().some((target) => target.startsWith(directory))) throw new Error('a staged file was left open')
    },
    remove: () => rm(directory, { recursive: true }),
  }
}

function descriptors(): readonly string[] {
  try {
    return readdirSync('/proc/self/fd').map(targetOf)
  } catch {
    return []
  }
}

/** The descriptor that lists the directory is gone when it is asked for. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}
