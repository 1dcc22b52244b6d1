import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockData } from '../data-lock.ts'
import { layout, type Layout } from '../layout.ts'
import { asItsUser, refuseRoot } from './as-its-user.ts'
import { checkDirectory, type Checked, type Checking } from './check-store.ts'
import { findingKinds, inOrder, type Finding, type FindingCode } from './finding.ts'
import { clearPlace, fillPlace, left, mended, mendMode, type Mended } from './mend-files.ts'
import { mendFacts, mendMetadata, mendSummary, mendVersions } from './mend-rows.ts'
import { mendSchema } from './mend-schema.ts'
import { openMending, type Mending, type MendingDeps } from './mending.ts'
import { requireDatabase } from './open-database.ts'
import { recheckFile } from './recheck-file.ts'

export interface MendedFinding extends Finding, Mended {}

export interface Repaired extends Omit<Checked, 'findings' | 'told'> {
  readonly findings: readonly MendedFinding[]
}

/**
 * Checks a data directory that nobody serves, and mends what can be mended: from what was set aside, from where a file
 * was fetched, or from what it follows from. Bytes are set aside, never deleted; each repair is an event of the log.
 * What a repair that was broken off has done, stays done. Throws `data-in-use`, `data-unusable`, `data-too-new`,
 * `signing-key-unusable`, `storage-full`.
 */
export async function repairStore(directory: string, deps: MendingDeps, checking: Checking): Promise<Repaired> {
  const places = layout(directory)
  // A directory that is none is not to get a lock.
  requireDatabase(places.database)
  await refuseRoot(places)
  return asItsUser(places, () => repairLocked(places, deps, checking))
}

async function repairLocked(places: Layout, deps: MendingDeps, checking: Checking): Promise<Repaired> {
  const unlock = lockData(places.lock, places.directory)
  try {
    const { told, ...checked } = await checkDirectory(places, { ...checking, served: false })
    const doubtful = checked.findings.some(({ code }) => code === 'database-damaged')
    if (doubtful || !told || checked.findings.every(({ code }) => !findingKinds[code].mends))
      return {
        ...checked,
        findings: checked.findings.map((finding) => ({ ...finding, ...unmended(finding, doubtful) })),
      }
    const mending = await openMending(places, deps)
    try {
      return { ...checked, findings: await mendAll(mending, checked.findings, told) }
    } finally {
      await mending.close()
    }
  } finally {
    unlock()
  }
}

function unmended({ code }: Finding, doubtful: boolean): Mended {
  if (doubtful && findingKinds[code].mends) return left('not while the database is damaged')
  return left(findingKinds[code].todo)
}

type Mend = (mending: Mending, finding: Finding, told: NonNullable<Checked['told']>) => Promise<Mended>

/** In this order: what comes later relies on what comes before. A finding may need several steps; a failed one ends it. */
const steps: readonly Readonly<Partial<Record<FindingCode, Mend>>>[] = [
  { 'schema-differs': mendSchema, 'file-mode': mendMode, 'key-exposed': mendMode, 'staging-left': sweep },
  {
    orphan: clearPlace,
    stray: clearPlace,
    'file-damaged': clearPlace,
    'file-not-plain': clearPlace,
    'name-case': clearPlace,
  },
  {
    'file-missing': fillPlace,
    'file-damaged': fillPlace,
    'file-not-plain': fillPlace,
    'name-case': fillPlace,
  },
  {
    'metadata-damaged': mendMetadata,
    'facts-differ': mendFacts,
    'versions-differ': mendVersions,
    'summary-differs': mendSummary,
  },
]

async function sweep(mending: Mending, { code, subject }: Finding): Promise<Mended> {
  await mending.change({ subject, facts: { finding: code, done: 'taken away' } })
  await rm(join(mending.places.directory, subject), { recursive: true })
  return mended('taken away')
}

async function mendAll(
  mending: Mending,
  found: readonly Finding[],
  told: NonNullable<Checked['told']>,
): Promise<readonly MendedFinding[]> {
  let findings = found
  const outcomes = new Map<string, Mended>()
  for (const step of steps) {
    for (const finding of findings) {
      const [mend, before] = [step[finding.code], outcomes.get(keyOf(finding))]
      if (!mend || before?.mended === false) continue
      mending.signal.throwIfAborted()
      const outcome = await mend(mending, finding, told)
      outcomes.set(keyOf(finding), joined(before, outcome))
      // What could not be told of a file while its bytes were wrong, can be now.
      if (mend === fillPlace && outcome.mended)
        findings = inOrder([...findings, ...(await recheckFile(mending, finding, told))])
    }
  }
  return findings.map((finding) => ({ ...finding, ...(outcomes.get(keyOf(finding)) ?? unmended(finding, false)) }))
}

function keyOf({ code, subject }: Finding): string {
  return `${code} ${subject}`
}

function joined(before: Mended | undefined, { mended, what }: Mended): Mended {
  return { mended, what: before ? `${before.what}; ${what}` : what }
}
