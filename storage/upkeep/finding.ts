import { compareCodePoints } from '../../pool/version.ts'

/** What may be wrong with a data directory, each with what it means and what is to be done about it. */
interface FindingFacts {
  readonly means: string
  readonly todo: string
  /** Whether `store check --repair` can do something about it. */
  readonly mends: boolean
}

const repair = 'firn store check --repair'
const restore = 'restore a backup of before: firn store restore'

/** In the order in which they are shown: what makes the others doubtful comes first. */
export const findingKinds = {
  'database-damaged': {
    means: 'the database file is damaged, and what it says cannot be relied on',
    todo: restore,
    mends: false,
  },
  'schema-differs': {
    means:
      'a table, index or trigger of the database is not the one that firn makes; triggers are what keeps rows as they are',
    todo: `find out who changed it; ${repair} makes triggers and indexes anew`,
    mends: true,
  },
  'log-broken': {
    means: 'the log does not prove itself any more: a line was changed, added or taken away past firn',
    todo: `hold it against a head that was kept (firn log verify --head), and ${restore}`,
    mends: false,
  },
  'row-missing': {
    means: 'the log tells of it, and the database has it no more',
    todo: restore,
    mends: false,
  },
  'row-differs': {
    means: 'the database says something else of it than the log or the file itself',
    todo: restore,
    mends: false,
  },
  'event-missing': {
    means: 'the database has it, and the log does not tell of it: it did not come through firn, or the log was changed',
    todo: restore,
    mends: false,
  },
  'release-damaged': {
    means: 'a release is not the one that was frozen and signed',
    todo: restore,
    mends: false,
  },
  'release-lacks': {
    means: 'a file of a release is not in the pool as the release has it',
    todo: restore,
    mends: false,
  },
  'file-missing': {
    means: 'a file of the pool is gone',
    todo: `${repair} fetches it again if it was fetched; else upload the same file again, or restore a backup`,
    mends: true,
  },
  'file-damaged': {
    means: 'a file of the pool has other bytes than when it came',
    todo: `${repair} sets it aside and fetches it again if it was fetched; else upload the same file again, or restore a backup`,
    mends: true,
  },
  'file-not-plain': {
    means: 'a link, a directory or something else lies in the place of a file of the pool',
    todo: `${repair} sets it aside and puts the file back, if its bytes can be had`,
    mends: true,
  },
  'file-unreadable': {
    means: 'a file of the pool cannot be read',
    todo: 'look after the disk and the rights of the user that firn runs as, then check again',
    mends: false,
  },
  'file-mode': {
    means: 'a file of the pool has other rights than 0444, so that it may be changed or not be read',
    todo: repair,
    mends: true,
  },
  'name-case': {
    means: 'a file of the pool lies there under a name that differs by case',
    todo: `${repair} gives it its name back`,
    mends: true,
  },
  'metadata-damaged': {
    means: 'the metadata that the database keeps of a file is gone or changed',
    todo: `${repair} reads it out of the file again`,
    mends: true,
  },
  'facts-differ': {
    means: 'what the database keeps of what a file needs and of its licence is not what is in the file',
    todo: `${repair} reads it out of the file again`,
    mends: true,
  },
  'versions-differ': {
    means: 'a file is not found by its project and version',
    todo: repair,
    mends: true,
  },
  'summary-differs': {
    means: 'what lists and searches say of a release is not what its manifest says',
    todo: `${repair} makes it from the manifest again`,
    mends: true,
  },
  'provenance-damaged': {
    means: 'the attestations that came with a file are gone or changed',
    todo: restore,
    mends: false,
  },
  'removed-lies': {
    means: 'a file that was removed from the pool still lies in it',
    todo: 'firn store collect takes it away',
    mends: false,
  },
  orphan: {
    means: 'a file lies in the pool that nothing tells of: a crash left it, or it did not come through firn',
    todo: `${repair} sets it aside into orphans/; firn store collect takes it away`,
    mends: true,
  },
  stray: {
    means: 'something lies in the pool that has no place there',
    todo: `${repair} sets it aside into orphans/`,
    mends: true,
  },
  'key-exposed': {
    means: 'others than its owner can read the key that releases and the log are signed with',
    todo: `${repair} makes it private again; who may have read it can sign as this firn`,
    mends: true,
  },
  'staging-left': {
    means: 'a file of an upload or download that ended lies in staging/',
    todo: 'nothing: the next start of the server takes it away, and so does firn store collect',
    mends: true,
  },
} as const satisfies Readonly<Record<string, FindingFacts>>

export type FindingCode = keyof typeof findingKinds

/** One thing that is wrong. */
export interface Finding {
  readonly code: FindingCode
  /** What it is wrong with: a filename of the pool, a release, a path below the data directory, a line of the log. */
  readonly subject: string
  /** How, as the rest of a sentence that begins with the subject. */
  readonly detail: string
}

const order = new Map(Object.keys(findingKinds).map((code, at) => [code, at]))

/** In the order of the table and of subjects; what is found twice of one thing stands once, with all that was found. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const byKey = new Map<string, Finding>()
  for (const finding of findings) {
    const key = `${finding.code} ${finding.subject}`
    const known = byKey.get(key)
    if (!known) byKey.set(key, finding)
    else if (!known.detail.split('; ').includes(finding.detail))
      byKey.set(key, { ...finding, detail: `${known.detail}; ${finding.detail}` })
  }
  return [...byKey.values()].toSorted(
    (a, b) => (order.get(a.code) ?? 0) - (order.get(b.code) ?? 0) || compareCodePoints(a.subject, b.subject),
  )
}
