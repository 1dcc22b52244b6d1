import type { Changed } from '../pool/diff/facts-diff.ts'
import type { ListChange } from '../pool/diff/list-diff.ts'
import type { ProjectDiff } from '../pool/diff/project-diff.ts'
import type { WaiversChange } from '../pool/diff/release-diff.ts'
import type { ManifestWaiver } from '../pool/manifest.ts'
import type { DiffAnswer, PinsDiffAnswer } from './calls/questions.ts'
import { printNotice } from './notices.ts'
import { columnLines, printMoment } from './table.ts'
import { printSections, section } from './text-sections.ts'

/** How one release differs from another, for people. */
export function describeReleaseDiff(diff: DiffAnswer, width: number | undefined): string {
  const { from, to, same, projects, targets, waivers, base, changelog } = diff
  if (same) return `${from.release} and ${to.release} have the same in them\n`
  return printSections([
    [`${from.release} -> ${to.release}`],
    ...projectSections(projects, width),
    section('targets', signed(targets)),
    section('waivers', waiverLines(waivers)),
    section('base', base ? [arrow(base)] : []),
    ...changelog.map(({ release, changes, ...entry }) =>
      section(`changes in ${release}, ${printMoment(entry['frozen-at']).slice(0, 10)}`, changes.trimEnd().split('\n')),
    ),
  ])
}

/** How pins differ from a release, for people. */
export function describePinsDiff(
  { from, same, projects, notices }: PinsDiffAnswer,
  files: readonly string[],
  width: number | undefined,
): string {
  const pins = files.join(', ')
  const notes = notices.map((notice) => `note: ${printNotice(notice)}`)
  if (same) return printSections([notes, [`${pins} has what ${from.release} has`]])
  return printSections([notes, [`${from.release} -> ${pins}`], ...projectSections(projects, width)])
}

const titles: Readonly<Record<ProjectDiff['change'], string>> = {
  added: 'added',
  removed: 'removed',
  up: 'up',
  down: 'down',
  files: 'same version, other files',
  marker: 'same files, other places',
}

function projectSections(projects: readonly ProjectDiff[], width: number | undefined): readonly (readonly string[])[] {
  return Object.entries(titles).map(([change, title]) => {
    const changed = projects.filter((each) => each.change === change)
    return section(`${title} (${changed.length})`, changed.length === 0 ? [] : projectLines(changed, width))
  })
}

/** The projects aligned, each with what else there is to know of it below it. */
function projectLines(projects: readonly ProjectDiff[], width: number | undefined): readonly string[] {
  const rows = projects.map((each) => [each.name, versions(each)])
  const lines = columnLines(rows, width && width - 2)
  return projects.flatMap((project, at) => [lines[at] ?? '', ...details(project).map((line) => `  ${line}`)])
}

function versions({ change, from, to }: ProjectDiff): string {
  if (from === null || to === null) return from ?? to ?? ''
  return change === 'up' || change === 'down' ? `${from} -> ${to}` : to
}

function details({ files, marker, dependencies, licence }: ProjectDiff): readonly string[] {
  return [
    ...(files ? signed(files) : []),
    ...(files?.changed.map((filename) => `other bytes: ${filename}`) ?? []),
    ...(marker ? [`where ${arrow(marker, 'everywhere')}`] : []),
    ...(dependencies ? signed(dependencies).map((line) => line.replace(/^([+-]) /, '$1 requires ')) : []),
    ...(dependencies?.unknown
      ? [`what it requires is unknown ${dependencies.unknown === 'from' ? 'before' : 'now'}`]
      : []),
    ...(licence ? [`licence ${arrow(licence)}`] : []),
  ]
}

function signed({ added, removed }: ListChange): readonly string[] {
  return [...removed.map((each) => `- ${each}`), ...added.map((each) => `+ ${each}`)]
}

function arrow({ from, to }: Changed, none = 'none'): string {
  return `${from ?? none} -> ${to ?? none}`
}

function waiverLines({ added, removed, changed }: WaiversChange): readonly string[] {
  return [
    ...removed.map((each) => `- ${waiver(each)}`),
    ...added.map((each) => `+ ${waiver(each)}`),
    ...changed.flatMap(({ from, to }) => [`- ${waiver(from)}`, `+ ${waiver(to)}`]),
  ]
}

function waiver({ rule, project, reason, until }: ManifestWaiver): string {
  return `${rule} ${project}: ${reason}${until === null ? '' : ` (until ${until})`}`
}
