import type { Sha256 } from '../../pool/distribution.ts'
import { unknownFacts, type DistributionFacts } from '../../pool/facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import type { ManifestFile, ManifestPin } from '../../pool/manifest.ts'
import { normaliseName } from '../../pool/project-name.ts'

/** A file of a release and what it says of itself. */
export interface FileWanted extends Partial<Pick<DistributionFacts, 'requires' | 'extras' | 'buildRequires'>> {
  readonly filename: string
  readonly python?: string
}

export interface PinWanted {
  readonly name: string
  readonly version: string
  readonly marker?: string
  readonly files: readonly FileWanted[]
}

export interface ReleaseWanted {
  readonly manifest: { readonly pins: readonly ManifestPin[]; readonly files: readonly ManifestFile[] }
  readonly factsOf: (sha256: Sha256) => DistributionFacts | undefined
}

/** What the closure looks at, for `pins`. A file's digest is its name. */
export function releaseOf(pins: readonly PinWanted[]): ReleaseWanted {
  const files = pins.flatMap((pin) => pin.files.map((file) => ({ pin, file })))
  const facts = new Map(files.map(({ file }) => [file.filename, factsOf(file)]))
  return {
    manifest: {
      pins: pins.map(({ name, version, marker = null }) => ({ project: normaliseName(name), name, version, marker })),
      files: files.map(({ pin, file }) => manifestFile(pin, file)),
    },
    factsOf: (sha256) => facts.get(sha256),
  }
}

function factsOf({ requires = [], extras = [], buildRequires = [] }: FileWanted): DistributionFacts {
  return { ...unknownFacts, requires, extras, buildRequires }
}

function manifestFile({ name, version }: PinWanted, { filename, python }: FileWanted): ManifestFile {
  return {
    filename,
    project: normaliseName(name),
    name,
    version,
    kind: parseFilename(filename).kind,
    size: 1,
    sha256: filename,
    'metadata-sha256': '',
    'requires-python': python ?? null,
    'upload-time': '2026-11-24T11:13:00.000Z',
    origin: null,
  }
}
