import type { Sha256 } from '../../pool/distribution.ts'
import { isRegistryError } from '../../pool/errors.ts'
import { unknownFacts, type DistributionFacts } from '../../pool/facts.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import type { ManifestFile } from '../../pool/manifest.ts'
import { readArchive } from '../../storage/archives/read-archive.ts'
import type { Deps } from '../deps.ts'

export type FactsDeps = Pick<Deps, 'records' | 'files' | 'staging'>

type PoolFile = Pick<ManifestFile, 'filename' | 'project' | 'sha256'>

/**
 * The facts of files of the pool, by sha256. Those of a file that came before there was this reader are read now, and
 * kept. Throws `file-missing`.
 */
export async function factsOfFiles(
  { records, files: bytes, staging }: FactsDeps,
  files: readonly PoolFile[],
): Promise<ReadonlyMap<Sha256, DistributionFacts>> {
  const known = await records.factsOfAll([...new Set(files.map(({ sha256 }) => sha256))])
  const lacking = new Map(files.filter(({ sha256 }) => !known.has(sha256)).map((file) => [file.sha256, file]))
  if (lacking.size === 0) return known
  const read = new Map<Sha256, DistributionFacts>()
  for (const [sha256, file] of lacking) read.set(sha256, await readFile({ files: bytes, staging }, file))
  await records.addFacts(read)
  return new Map([...known, ...read])
}

/** From a copy in staging, as archives are read from paths and the pool has none on every backend. */
async function readFile(
  { files, staging }: Pick<FactsDeps, 'files' | 'staging'>,
  file: PoolFile,
): Promise<DistributionFacts> {
  const staged = await staging.stage(await files.open(file))
  try {
    const form = parseFilename(file.filename)
    return readFacts(form.kind, file.project, await readArchive(staged.path, form))
  } catch (error) {
    // It was accepted once, and stays so, though a reader of today would refuse it.
    if (isRegistryError(error, 'archive-invalid') || isRegistryError(error, 'metadata-missing')) return unknownFacts
    throw error
  } finally {
    await staging.discard(staged)
  }
}
