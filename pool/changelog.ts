import type { Problem, Source } from './pins/pin.ts'
import { sameVersion } from './version.ts'

/** What a changelog says of one release. */
export interface ChangelogSection {
  /** As it stands in the heading, without `v` and brackets: `3.30`, `Unreleased`. */
  readonly version: string
  /** As it stands in the heading; `null` if there is none, or it says that there is none yet. */
  readonly date: string | null
  /** Below the heading, without blank lines around. */
  readonly text: string
  /** Of the heading, from 1. */
  readonly line: number
}

/** Beyond these no changelog comes, and no section that someone would read: Zope's of ten years has 150 kB. */
export const longest = { changelog: 4_000_000, section: 64_000 }

/**
 * The sections of a changelog, in its order. Headings are underlined, as `3.30 (2014-01-02)` of zope and repoze and
 * `karl 3.30 (2014-01-02)` of towncrier, or stand after `#`, as `## [3.30] - 2014-01-02` of Keep a Changelog.
 */
export function readChangelog(text: string): readonly ChangelogSection[] {
  const lines = text.split(/\r\n|\r|\n/)
  const headings = findHeadings(lines)
  return headings.flatMap(({ version, date, at, body }, index) => {
    if (version === undefined) return []
    return { version, date, line: at + 1, text: bodyOf(lines.slice(body, endOf(headings, index))) }
  })
}

/** The section of one release; `v3.30` and `3.30.0` are `3.30` as well. */
export function sectionOf(sections: readonly ChangelogSection[], release: string): ChangelogSection | undefined {
  return (
    sections.find(({ version }) => version === release) ?? sections.find(({ version }) => sameVersion(version, release))
  )
}

/** What a changelog says of a release, or why that cannot be told. */
export function changesOf(
  changelog: Source,
  release: string,
): { readonly changes: string } | { readonly problem: Problem } {
  const at = (line: number) => ({ place: { source: changelog.name, line } })
  if (changelog.text.length > longest.changelog)
    return { problem: { ...at(1), message: `a changelog has ${longest.changelog} characters at most` } }
  const sections = readChangelog(changelog.text)
  const section = sectionOf(sections, release)
  if (!section) return { problem: { ...at(1), ...lacking(sections, release) } }
  const { text, line } = section
  if (text === '') return { problem: { ...at(line), message: `the section of ${release} is empty` } }
  if (text.length > longest.section)
    return { problem: { ...at(line), message: `a section has ${longest.section} characters at most` } }
  return { changes: text }
}

function lacking(sections: readonly ChangelogSection[], release: string): Omit<Problem, 'place'> {
  if (sections.length === 0) {
    const hint = `write a heading for it, as "${release} (2026-01-31)" underlined, or "## [${release}] - 2026-01-31"`
    return { message: 'it has no heading of any version', hint }
  }
  const named = sections.slice(0, 10).map(({ version }) => version.slice(0, 50))
  const more = sections.length > named.length ? ` and ${sections.length - named.length} more` : ''
  const hint = `write the section of ${release}, or give its changelog under the name that it has there`
  return { message: `it has no section of ${release}, but of ${named.join(', ')}${more}`, hint }
}

interface Heading {
  /** Index of its first line, an overline among them. */
  readonly at: number
  /** Index of the first line below it. */
  readonly body: number
  /** How many `#`; 0 for an underlined one. */
  readonly level: number
  /** `undefined`: a heading of something else. */
  readonly version?: string
  readonly date: string | null
}

/** What stands below a heading ends with the next version, in Markdown also with whatever else is as high. */
function endOf(headings: readonly Heading[], index: number): number | undefined {
  const { level = 0 } = headings[index] ?? {}
  for (let next = index + 1; next < headings.length; next++) {
    const other = headings[next]
    if (other && (other.version !== undefined || (other.level > 0 && other.level <= level))) return other.at
  }
  return undefined
}

function findHeadings(lines: readonly string[]): readonly Heading[] {
  const headings: Heading[] = []
  let fenced = false
  for (const [index, line] of lines.entries()) {
    if (/^(?:```|~~~(?!~*$))/.test(line)) fenced = !fenced
    if (fenced || line.length > longestHeading) continue
    const atx = /^(#{1,6})[ \t]+(\S.*)$/.exec(line)
    if (atx) {
      headings.push({ at: index, body: index + 1, level: atx[1]?.length ?? 1, ...readHeading(atx[2] ?? '') })
    } else if (isUnderline(lines[index + 1] ?? '') && /^\s{0,3}[^\s#=~*^"'`+-]/.test(line)) {
      const over = index > 0 && lines[index - 1] === lines[index + 1]
      headings.push({ at: over ? index - 1 : index, body: index + 2, level: 0, ...readHeading(line) })
    }
  }
  return headings
}

const longestHeading = 300

function isUnderline(line: string): boolean {
  return line.length <= longestHeading && /^([=~*^"'`+#-])\1{2,}[ \t]*$/.test(line)
}

const version = String.raw`(?:[vV](?=\d))?(\d[\w.+!-]*|unreleased|next(?: release)?)`
/** `3.30`, `[3.30]`, `[3.30](https://…)`. */
const bracketed = String.raw`(?:\[${version}\](?:\([^()\s]*\))?|${version})`
const dated = String.raw`(?:[\s,:/–—-]*(?:\(([^()]*)\)|(?:released\s+)?(\d{4}[-/.]\d{1,2}[-/.]\d{1,2})))?`
const shape = new RegExp(
  String.raw`^(?:(?:[a-z][\w.-]*)\s+){0,2}?${bracketed}${dated}\s*(?:\[yanked\])?\s*:?\s*#*$`,
  'i',
)

/** The version and date that a heading names; neither if it is one of something else, as `Python 3.12 support`. */
function readHeading(text: string): Pick<Heading, 'version' | 'date'> {
  const match = shape.exec(text.trim())
  const found = match?.[1] ?? match?.[2]
  if (found === undefined) return { date: null }
  const stated = (match?.[3] ?? match?.[4] ?? '').trim()
  return { version: found, date: /\d{4}/.test(stated) ? stated : null }
}

/** Lines that belong to the heading below them, or to the whole file: anchors, comments of towncrier, link targets. */
const besides = /^(?:\s*|<a [^>]*><\/a>|<!--.*-->|\.\. _[^:]+:|\.\. towncrier[\w -]*|\[[^\]]+\]:\s+\S+)$/

function bodyOf(lines: readonly string[]): string {
  const end = lines.findLastIndex((line) => !besides.test(line)) + 1
  const start = lines.findIndex((line) => line.trim() !== '')
  return lines
    .slice(Math.max(start, 0), end)
    .map((line) => line.trimEnd())
    .join('\n')
}
