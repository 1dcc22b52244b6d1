import { installsOf, type Installs } from './closure/installs.ts'
import { normaliseName, type ProjectName } from './project-name.ts'
import { contains, type SpecifierSet } from './specifier.ts'
import { parseOrSkip, serves, type Choice, type UpstreamFile } from './upstream-file.ts'
import { compareVersions, isPrerelease, parseVersion, type Version } from './version.ts'

export interface Sought extends Choice {
  readonly project: ProjectName
  readonly specifier: SpecifierSet
}

/** What is looked at of a file; local ones have no page that says more. */
export type Candidate = Pick<UpstreamFile, 'filename' | 'yanked' | 'requiresPython'>

/**
 * The newest version that a requirement admits and that every target can install. A pre-release is taken if the
 * requirement names one, or if there is nothing else (PEP 440, "Handling of pre-releases"); a yanked file never (PEP
 * 592). Versions that are none of PEP 440 have no order: such a one is for a pin to name.
 */
export function bestVersion(files: readonly Candidate[], sought: Sought): string | undefined {
  const admitted = candidateVersions(files, sought).filter(({ version, installs }) => {
    const everywhere = sought.targets.every((target) => installs.some((each) => each(target)))
    return everywhere && contains(sought.specifier, version)
  })
  const final = admitted.filter(({ version }) => !isPrerelease(version))
  const eligible = final.length === 0 || namesPrerelease(sought.specifier) ? admitted : final
  return eligible.toSorted((a, b) => compareVersions(b.version, a.version))[0]?.text
}

interface VersionFiles {
  readonly text: string
  readonly version: Version
  readonly installs: readonly Installs[]
}

function candidateVersions(files: readonly Candidate[], sought: Sought): readonly VersionFiles[] {
  const found = new Map<string, VersionFiles>()
  for (const file of files) {
    const name = parseOrSkip(file.filename)
    if (!name || file.yanked !== null || !serves(name, sought)) continue
    const { filename, requiresPython } = file
    const installs = installsOf({ filename, kind: name.kind, 'requires-python': requiresPython })
    for (const reading of name.readings) {
      const version = parseVersion(reading.version)
      if (!version || normaliseName(reading.name) !== sought.project) continue
      const known = found.get(reading.version)
      found.set(reading.version, { text: reading.version, version, installs: [...(known?.installs ?? []), installs] })
    }
  }
  return [...found.values()]
}

function namesPrerelease({ specifiers }: SpecifierSet): boolean {
  return specifiers.some(({ bound, operator }) => bound !== undefined && operator !== '!=' && isPrerelease(bound))
}
