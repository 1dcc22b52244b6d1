import { parseRequirement } from '../requirement.ts'
import {
  findPin,
  gather,
  quoted,
  readPin,
  type Finding,
  type PinLine,
  type Place,
  type Problem,
  type ReadSource,
  type Source,
} from './pin.ts'

/**
 * Reads the pins of a pip requirements or constraints file. Source: pip's manual, "Requirements File Format".
 * Every line must be one exact version; index options are left out, since the release is its own index.
 */
export function readRequirementsTxt(source: Source): ReadSource {
  return gather(
    logicalLines(source).map(({ text, place }) =>
      text.startsWith('-') ? option(text, place) : findPin(place, () => requirement(text, place)),
    ),
  )
}

interface LogicalLine {
  readonly text: string
  readonly place: Place
}

/** Joins continued lines, drops comments: a `#` at the start of a line or after white space, as in pip. */
function logicalLines(source: Source): LogicalLine[] {
  const lines: LogicalLine[] = []
  let open: { text: string; line: number } | undefined
  for (const [index, raw] of source.text.split(/\r\n|\r|\n/).entries()) {
    const comment = /^\s*#/.test(raw)
    const continues = !comment && raw.endsWith('\\')
    const text = comment ? '' : continues ? raw.slice(0, -1) : raw
    open = { text: `${open ? open.text : ''}${text}`, line: open?.line ?? index + 1 }
    if (continues) continue
    lines.push({ text: open.text, place: { source: source.name, line: open.line } })
    open = undefined
  }
  if (open) lines.push({ text: open.text, place: { source: source.name, line: open.line } })
  return lines
    .map(({ text, place }) => ({
      text: text
        .replaceAll(/\s+/g, ' ')
        .replace(/(?:^| )#.*$/, '')
        .trim(),
      place,
    }))
    .filter(({ text }) => text !== '')
}

const ignored =
  /^(?:-i|-f|--(?:index-url|extra-index-url|no-index|find-links|trusted-host|pre|no-binary|only-binary|prefer-binary|require-hashes|use-feature))(?=[\s=]|$)/

function option(text: string, place: Place): Finding {
  const known = ignored.exec(text)
  if (known) {
    return { notice: { place, message: `${known[0]} is left out: a release is installed from its own index alone` } }
  }
  return { problem: { place, ...refusedOption(text) } }
}

function refusedOption(text: string): Pick<Problem, 'message'> & { readonly hint: string } {
  if (/^(?:-r|-c|--requirement|--constraint)(?=[\s=]|$)/.test(text)) {
    return { message: `${quoted(text)} names another file`, hint: 'give each file with a -r of its own' }
  }
  if (/^(?:-e|--editable)(?=[\s=]|$)/.test(text)) {
    const hint = 'build a sdist of it, upload it and pin its version'
    return { message: `${quoted(text)} is a source tree, not a version`, hint }
  }
  return { message: `${quoted(text)} is no option that a pin list can have`, hint: 'remove it' }
}

/** Throws `version-invalid`, `requirement-invalid`. */
function requirement(line: string, place: Place): PinLine | Problem {
  const hashes = [...line.matchAll(/\s--hash[=\s]\s*sha256:([0-9a-f]{64})(?=\s|$)/gi)].map((match) =>
    (match[1] ?? '').toLowerCase(),
  )
  const text = line.replace(/\s+--[a-z-]+(?:[=\s]\S+)?/g, '').trim()
  if (line.includes('--hash') && hashes.length === 0) {
    return { place, message: `${quoted(text)} states hashes, but none that is sha256`, hint: 'use sha256 hashes' }
  }
  return readPin(text, place, hashes) ?? notExact(text, place)
}

function notExact(text: string, place: Place): Problem {
  if (/^(?:\.{0,2}\/|[a-z][a-z+]*:)/i.test(text)) {
    const hint = 'upload a sdist or wheel of it and pin its version'
    return { place, message: `${quoted(text)} is a path or URL`, hint }
  }
  const { name, url } = parseRequirement(text)
  return url === undefined
    ? { place, message: `${quoted(text)} is not pinned`, hint: `write ${name}==VERSION` }
    : { place, message: `${quoted(text)} is a URL`, hint: `upload a sdist or wheel of it and write ${name}==VERSION` }
}
