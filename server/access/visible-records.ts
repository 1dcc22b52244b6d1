import type { Distribution } from '../../pool/distribution.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { Records, ReleaseListing, ReleaseSummary } from '../../storage/ports.ts'

type Named = Pick<ReleaseSummary, 'name'>

/**
 * The records as someone sees them from whom products are hidden: these, and the files that are private to them, are
 * not there; writes see all. Every method is named on purpose: a new one does not compile until it is decided who sees
 * what it shows.
 */
export function visibleRecords(records: Records, hidden: ReadonlySet<string>): Records {
  if (hidden.size === 0) return records
  const seesFile = ({ product }: Pick<Distribution, 'product'>) => product === null || !hidden.has(product)
  return {
    ...unfiltered(records),
    ...visibleFiles(records, seesFile),
    ...visibleStatuses(records, seesFile),
    ...visibleReleases(records, ({ name }) => !hidden.has(name.product)),
    projects: (_hidden, before) => records.projects([...hidden], before),
  }
}

/** What tells nothing of what is hidden, is asked for by a digest that was found before, or writes. */
function unfiltered(
  records: Records,
): Omit<Records, keyof FileReads | keyof StatusReads | keyof ReleaseReads | 'projects'> {
  return {
    provenance: (sha256) => records.provenance(sha256),
    // Whose a project is, all may know who ask by its name: it tells nothing of its files.
    ownProjects: (projects) => records.ownProjects(projects),
    metadata: (sha256) => records.metadata(sha256),
    factsOfAll: (sha256s) => records.factsOfAll(sha256s),
    setYanks: (marks, eventOf) => records.setYanks(marks, eventOf),
    setProjectStatus: (status, event) => records.setProjectStatus(status, event),
    removeDistribution: (removal, event) => records.removeDistribution(removal, event),
    addFacts: (facts) => records.addFacts(facts),
    addDistribution: (addition, event) => records.addDistribution(addition, event),
    freezeRelease: (release, event, brought) => records.freezeRelease(release, event, brought),
    // Who may not see everything is not shown the log at all: see `requireAll`.
    events: (query) => records.events(query),
    lastEvent: () => records.lastEvent(),
    noteRepair: (event) => records.noteRepair(event),
    keys: () => records.keys(),
    takeUpKey: (at) => records.takeUpKey(at),
    token: (id) => records.token(id),
    tokens: () => records.tokens(),
    addToken: (token, event) => records.addToken(token, event),
    revokeToken: (id, event) => records.revokeToken(id, event),
    tokenUsed: (id, at) => records.tokenUsed(id, at),
    totals: () => records.totals(),
    close: () => records.close(),
  }
}

type FileReads = Pick<
  Records,
  | 'distribution'
  | 'distributionsOf'
  | 'distributionsBefore'
  | 'distributionsOfAll'
  | 'distributionsOfPins'
  | 'distributionsByDigest'
  | 'removal'
  | 'removals'
>

function visibleFiles(records: Records, sees: (file: Pick<Distribution, 'product'>) => boolean): FileReads {
  return {
    async distribution(filename) {
      const file = await records.distribution(filename)
      return file && sees(file) ? file : undefined
    },
    distributionsOf: async (project) => (await records.distributionsOf(project)).filter(sees),
    distributionsBefore: async (project, before) => (await records.distributionsBefore(project, before)).filter(sees),
    async distributionsOfAll(projects) {
      const found = [...(await records.distributionsOfAll(projects))]
      return withoutEmpty(found.map(([project, files]) => [project, files.filter(sees)] as const))
    },
    async distributionsOfPins(pins) {
      const found = [...(await records.distributionsOfPins(pins))]
      return withoutEmpty(found.map(([project, files]) => [project, files.filter(sees)] as const))
    },
    distributionsByDigest: async (prefix) => (await records.distributionsByDigest(prefix)).filter(sees),
    async removal(filename) {
      const removal = await records.removal(filename)
      return removal && sees(removal) ? removal : undefined
    },
    removals: async () => (await records.removals()).filter(sees),
  }
}

type StatusReads = Pick<Records, 'projectStatus' | 'projectStatuses'>

/** What is said of a project that has files, and none that is seen, would tell that there are any. */
function visibleStatuses(records: Records, sees: (file: Pick<Distribution, 'product'>) => boolean): StatusReads {
  const unseen = async (projects: readonly ProjectName[]) => {
    const found = [...(await records.distributionsOfAll(projects))]
    return new Set(found.flatMap(([project, files]) => (files.some(sees) ? [] : project)))
  }
  return {
    async projectStatus(project, before) {
      // Read as every page reads it, of which this is a part.
      const files = await records.distributionsOf(project)
      return files.length > 0 && !files.some(sees) ? undefined : records.projectStatus(project, before)
    },
    async projectStatuses() {
      const statuses = await records.projectStatuses()
      const hidden = await unseen(statuses.map(({ project }) => project))
      return statuses.filter(({ project }) => !hidden.has(project))
    },
  }
}

type ReleaseReads = Pick<Records, 'release' | 'releases' | 'releasesOver' | 'releasesOf' | 'changesBetween'>

function visibleReleases(records: Records, sees: (release: Named) => boolean): ReleaseReads {
  return {
    release: (name) => (sees({ name }) ? records.release(name) : Promise.resolve(undefined)),
    releases: (listing) => visibleListing(records, sees, listing),
    releasesOver: async (base) => (sees({ name: base }) ? (await records.releasesOver(base)).filter(sees) : []),
    async releasesOf(filenames) {
      const found = [...(await records.releasesOf(filenames))]
      return withoutEmpty(found.map(([filename, releases]) => [filename, releases.filter(sees)] as const))
    },
    changesBetween: async (from, to) => (sees({ name: from }) ? records.changesBetween(from, to) : []),
  }
}

/** Reads on where a page lost releases, so that it is as long as was asked for. */
async function visibleListing(
  records: Records,
  sees: (release: Named) => boolean,
  listing: ReleaseListing = {},
): Promise<readonly ReleaseSummary[]> {
  const { limit } = listing
  const page = await records.releases(listing)
  const visible = page.filter(sees)
  const last = page.at(-1)
  if (limit === undefined || page.length < limit || visible.length === limit || !last) return visible
  const after = { product: last.name.product, frozenAt: last.frozenAt, sequence: last.sequence }
  return [...visible, ...(await visibleListing(records, sees, { ...listing, after, limit: limit - visible.length }))]
}

function withoutEmpty<K, V>(entries: readonly (readonly [K, readonly V[]])[]): ReadonlyMap<K, readonly V[]> {
  return new Map(entries.filter(([, values]) => values.length > 0))
}
