import { grouped } from '../../pool/grouped.ts'
import type { Checked } from '../../storage/upkeep/check-store.ts'
import { findingKinds, type Finding, type FindingCode } from '../../storage/upkeep/finding.ts'
import type { MendedFinding, Repaired } from '../../storage/upkeep/repair-store.ts'
import { count, plain, printBytes } from '../io.ts'

/** Of one kind as many findings are printed; `--json` has all. */
const shown = 50

/** What a check or a repair found, for people: by kinds, each with what it means and what to do. */
export function describeChecked(
  checked: Checked | Repaired,
  {
    data,
    quick = false,
    repair = false,
  }: { readonly data: string; readonly quick?: boolean; readonly repair?: boolean },
): string {
  const kinds = [...grouped<Finding | MendedFinding, FindingCode>(checked.findings, ({ code }) => code)]
  const lines = [
    ...kinds.flatMap(([code, findings]) => kindLines(code, findings)),
    summaryLine(checked, { data, quick, repair }),
  ]
  return plain(`${lines.join('\n')}\n`)
}

function kindLines(code: FindingCode, findings: readonly (Finding | MendedFinding)[]): readonly string[] {
  const { means, todo } = findingKinds[code]
  const more = findings.length - shown
  return [
    `${code}: ${means}`,
    ...findings.slice(0, shown).flatMap(findingLines),
    ...(more > 0 ? [`  and ${more} more: --json prints all of them`] : []),
    ...(findings.some((finding) => !('mended' in finding)) ? [`  to do: ${todo}`] : []),
  ]
}

function findingLines(finding: Finding | MendedFinding): readonly string[] {
  const line = `  ${finding.subject} ${finding.detail}`
  return 'mended' in finding ? [line, `    ${finding.mended ? 'mended' : 'not mended'}: ${finding.what}`] : [line]
}

function summaryLine(
  { findings, files, bytes, releases, lines }: Checked | Repaired,
  { data, quick, repair }: { readonly data: string; readonly quick: boolean; readonly repair: boolean },
): string {
  const looked = `${count(files, 'file')}, ${printBytes(bytes)}${quick ? ', their sizes alone' : ''}; ${count(releases, 'release')}; ${count(lines, 'line')} of the log`
  if (findings.length === 0) return `nothing is wrong in ${data}: ${looked}`
  const open = findings.filter((finding) => !('mended' in finding && finding.mended)).length
  const outcome = repair ? `, ${findings.length - open} mended` : ''
  const state = open === 0 ? 'nothing is wrong any more' : 'something is wrong'
  return `${state} in ${data}: ${count(findings.length, 'finding')}${outcome} in ${looked}`
}
