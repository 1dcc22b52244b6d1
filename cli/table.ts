/** Columns under their headings, as wide as what is in them. */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Below this no column is cut: what is left of it would tell nothing. */
const narrowest = 8

/**
 * The lines of a table, two blanks between columns, none at the ends. Where a terminal's `width` is given, the widest
 * columns are cut to fit it; what is piped is never cut.
 */
export function tableLines({ head, rows }: Table, width = Number.POSITIVE_INFINITY): readonly string[] {
  return columnLines([head, ...rows], width)
}

/** The same of rows that have no headings, each of as many cells. */
export function columnLines(rows: Table['rows'], width = Number.POSITIVE_INFINITY): readonly string[] {
  const [first = []] = rows
  const widths = first.map((_, column) => Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))))
  // A terminal that does not know its size says 0.
  if (width > 0) fit(widths, width)
  return rows.map((row) =>
    widths
      .map((width, column) => pad(row[column] ?? '', width))
      .join('  ')
      .trimEnd(),
  )
}

function fit(widths: number[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each + 2, -2)
  for (let over = total() - width; over > 0; over = total() - width) {
    const widest = Math.max(...widths)
    if (widest <= narrowest) return
    widths[widths.indexOf(widest)] = widest - 1
  }
}

function pad(text: string, width: number): string {
  const length = lengthOf(text)
  return length > width
    ? `${Array.from(text)
        .slice(0, width - 1)
        .join('')}…`
    : text + ' '.repeat(width - length)
}

/** By code points: what is printed here has names, versions and times, not whole scripts. */
function lengthOf(text: string): number {
  return Array.from(text).length
}

/** `2026-11-24 11:13`, in UTC. */
export function printMoment(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ')
}

/** Of a sha256: enough to find it by. */
export function shortDigest(sha256: string): string {
  return sha256.slice(0, 12)
}
