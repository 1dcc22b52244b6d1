import { shortId } from '../../pool/proof/public-key.ts'
import type { ReleaseProblem } from '../../pool/proof/release-problem.ts'
import { count, plain, printBytes } from '../io.ts'
import type { Trust } from '../keys.ts'
import type { Verified } from './verify-release.ts'

/** Of what is wrong as many lines are printed; `--json` has all. */
const shown = 50

export interface Describing {
  readonly place: string
  readonly trust: Trust | undefined
  readonly json: boolean
}

/** What was found of one release, for people, or as one line of JSON. */
export function describeVerified(verified: Verified, { place, trust, json }: Describing): string {
  const { release, digest, problems } = verified
  if (json) return JSON.stringify(jsonOf(verified, { place, trust }))
  const lines = [
    `${release} of ${place} ${outcomeOf(problems)}${trust || problems.length > 0 ? '' : ' by its own manifest'}`,
    ...problemLines(problems),
    ...(digest === undefined
      ? ['  checked  nothing else: there is no manifest to hold it against']
      : [`  digest   sha256:${digest}`, ...signedLines(verified, trust), ...checkedLines(verified)]),
  ]
  return plain(lines.join('\n'))
}

/** What is wrong besides any release. */
export function describePlace(problems: readonly ReleaseProblem[], { place, json }: Omit<Describing, 'trust'>): string {
  if (json) return JSON.stringify({ place, holds: false, problems })
  return plain([`${place} itself ${outcomeOf(problems)}`, ...problemLines(problems)].join('\n'))
}

function outcomeOf(problems: readonly ReleaseProblem[]): string {
  return problems.length === 0 ? 'holds' : `does not hold: ${count(problems.length, 'problem')}`
}

/** Problems that are mended in the same way stand together, with the way after the last of them. */
function problemLines(problems: readonly ReleaseProblem[]): readonly string[] {
  const lines = problems.slice(0, shown).flatMap(({ path, message, hint }, at) => {
    const line = `  ${path} ${message}`
    return hint === undefined || problems[at + 1]?.hint === hint ? [line] : [line, `    ${hint}`]
  })
  return problems.length > shown ? [...lines, `  and ${problems.length - shown} more`] : lines
}

function signedLines({ signers, unproven }: Verified, trust: Trust | undefined): readonly string[] {
  const why = trust?.pinned === true ? 'given with --key' : 'trusted because the server says so; pin it with --key'
  const prove = trust ? '' : ': prove it with --key'
  return [
    ...signers.map((id) => `  signed   by key ${shortId(id)}: ${why}`),
    ...unproven.map((id) => `  signed   by key ${shortId(id)}, which nothing here vouches for${prove}`),
  ]
}

function checkedLines(verified: Verified): readonly string[] {
  const { files, bytes, pages } = countsOf(verified)
  const checked = `  checked  ${count(files, 'file')}, ${printBytes(bytes)}; ${count(pages, 'page')} and documents`
  const { base } = verified
  return base === undefined ? [checked] : [checked, `  named    ${base} in its documents; pin it with --base-url`]
}

interface Counts {
  readonly files: number
  readonly bytes: number
  readonly pages: number
}

function countsOf({ checked }: Verified): Counts {
  const files = checked.filter(({ what }) => what === 'file')
  return {
    files: files.length,
    bytes: files.reduce((total, { size = 0 }) => total + size, 0),
    pages: checked.filter(({ what }) => what === 'page').length,
  }
}

function jsonOf(verified: Verified, { place, trust }: Omit<Describing, 'json'>): object {
  const { release, digest = null, signers, unproven, base = null, problems } = verified
  return {
    release,
    place,
    holds: problems.length === 0,
    digest,
    signers,
    unproven,
    pinned: trust?.pinned ?? false,
    base,
    ...countsOf(verified),
    problems,
  }
}
