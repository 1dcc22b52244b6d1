/** What firn accepts of damaged and lying archives, Python reads to the same; what it refuses, it refuses by a code. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { array, nat, record } from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { admit } from '../../pool/admit.ts'
import { digestOf } from '../../pool/digest.ts'
import { isRegistryError } from '../../pool/errors.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import { parseMetadata } from '../../pool/metadata.ts'
import { normaliseVersion } from '../../pool/version.ts'
import { readArchive } from '../../storage/archives/read-archive.ts'
import { byteEdit, edited } from './byte-edits.ts'
import { fuzzer, planned, seed, times, type Fuzzing } from './fuzzing.ts'
import { startReader, type Found, type PythonReader, type Written } from './python-reader.ts'
import { tarEdit, tarEdited } from './tar-edits.ts'
import { zipBuild, zipBuilt } from './zip-builds.ts'
import { zipEdit, zipEdited } from './zip-edits.ts'

const archives = fuzzer('archives')
let directory: string
let reader: PythonReader
let corpus: readonly Written[]
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'firn-fuzz-'))
  reader = await startReader()
  corpus = await reader.corpus()
})
afterAll(async () => {
  await reader.end()
  await rm(directory, { recursive: true })
})

/** What a refused archive is refused for, whatever is wrong with it. */
const refusals = [
  'archive-invalid',
  'metadata-missing',
  'metadata-invalid',
  'metadata-mismatch',
  'name-invalid',
  'version-invalid',
]

/** What firn takes it for, or the code that refuses it. */
async function taken({ filename, bytes }: Written, path: string): Promise<Found | string> {
  const file = parseFilename(filename)
  writeFileSync(path, bytes)
  try {
    const parts = await readArchive(path, file)
    const found = {
      metadata: parts.metadata,
      metadataSha256: digestOf(parts.metadata),
      sha256: '0'.repeat(64),
      provenanceSha256: null,
    }
    const terms = { claim: {}, size: bytes.length, origin: null, product: null, at: '2026-01-01T00:00:00.000Z' }
    const { project, version } = admit({ file, ...found, ...terms, metadata: parseMetadata(parts.metadata) })
    readFacts(file.kind, project, parts)
    return { metadata: Buffer.from(parts.metadata), name: project, version: normaliseVersion(version) }
  } catch (error) {
    if (isRegistryError(error)) return error.code
    throw error
  }
}

const before = process.resourceUsage().maxRSS
const statistics = { accepted: 0, refused: 0 }

/** Throws unless Python finds the same in what firn accepts, and a refusal is one of those that there are. */
async function compare(archive: Written): Promise<void> {
  const path = join(directory, 'staged')
  const ours = await taken(archive, path)
  const refused = typeof ours === 'string'
  statistics[refused ? 'refused' : 'accepted'] += 1
  const { kind, format } = parseFilename(archive.filename)
  const theirs = refused ? ours : await reader.read({ path, kind, format })
  expect(shown(theirs)).toEqual(shown(ours))
  expect([...refusals, 'accepted']).toContain(refused ? ours : 'accepted')
}

function shown(found: Found | string): unknown {
  return typeof found === 'string' ? found : { ...found, metadata: found.metadata.toString('latin1') }
}

type Trial<Input> = Pick<Fuzzing<Input>, 'given' | 'runs'> & { readonly archiveOf: (input: Input) => Written }

function tryArchives<Input>({ archiveOf, ...trial }: Trial<Input>): Promise<void> {
  return archives.fuzz({
    ...trial,
    holds: (input) => compare(archiveOf(input)),
    bytesOf: (input) => archiveOf(input).bytes,
  })
}

const bytes = array(byteEdit, { minLength: 1, maxLength: 3 })
const archiveOf = (pattern: RegExp, index: number): Written => {
  const fitting = corpus.filter(({ filename }) => pattern.test(filename))
  const found = fitting[index % fitting.length]
  if (!found) throw new Error('no such archive')
  return found
}
const others = () => corpus.map((archive) => archive.bytes)

it('reads what Python has written as Python reads it', async () => {
  for (const archive of corpus) await compare(archive)
  expect(statistics).toEqual({ accepted: corpus.length, refused: 0 })
})

it('bytes changed, lost, added, taken from another archive', async () => {
  await expect(
    tryArchives({
      given: record({ of: nat(12), edits: bytes }),
      runs: 2000,
      archiveOf({ of, edits }) {
        const archive = archiveOf(/./, of)
        return { ...archive, bytes: edited(archive.bytes, edits, others()) }
      },
    }),
  ).resolves.toBeUndefined()
})

it('fields of the records of a zip changed', async () => {
  await expect(
    tryArchives({
      given: record({ of: nat(7), edits: array(zipEdit, { minLength: 1, maxLength: 3 }) }),
      runs: 1500,
      archiveOf({ of, edits }) {
        const archive = archiveOf(/\.(?:whl|egg|zip)$/, of)
        return { ...archive, bytes: zipEdited(archive.bytes, edits) }
      },
    }),
  ).resolves.toBeUndefined()
})

it('zips written with lies', async () => {
  await expect(tryArchives({ given: zipBuild, runs: 1500, archiveOf: zipBuilt })).resolves.toBeUndefined()
})

it('headers of a tar changed, doubled, moved', async () => {
  await expect(
    tryArchives({
      given: record({ of: nat(3), edits: array(tarEdit, { minLength: 1, maxLength: 3 }) }),
      runs: 1500,
      archiveOf({ of, edits }) {
        const archive = archiveOf(/gz$/, of)
        return { ...archive, bytes: gzipSync(tarEdited(gunzipSync(archive.bytes), edits), { level: 1 }) }
      },
    }),
  ).resolves.toBeUndefined()
})

it('bytes of a tar changed below its compression', async () => {
  await expect(
    tryArchives({
      given: record({ of: nat(3), edits: bytes }),
      runs: 500,
      archiveOf({ of, edits }) {
        const archive = archiveOf(/gz$/, of)
        const tars = corpus.filter(({ filename }) => filename.endsWith('gz')).map((each) => gunzipSync(each.bytes))
        return { ...archive, bytes: gzipSync(edited(gunzipSync(archive.bytes), edits, tars), { level: 1 }) }
      },
    }),
  ).resolves.toBeUndefined()
})

it('tried as many as planned, and left nothing open', async () => {
  console.log(`archives: ${archives.tried} inputs, seed ${seed}: ${JSON.stringify(statistics)}`)
  expect(await readdir(directory)).toEqual(['staged'])
  // No size that an archive states is believed: the largest of these has 20 kB.
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(512 * 1024)
  expect(archives.tried).toBe(planned.archives * times)
})
