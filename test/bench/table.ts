import pc from 'picocolors'
import type { Name } from './contenders.ts'
import { median, type Result } from './measuring.ts'
import type { Aim } from './row.ts'

type Cell = readonly [text: string, bold?: 'bold']

const labels: readonly string[] = [
  '',
  'nginx',
  'firn',
  'firn/nginx',
  'aim',
  'text log',
  'pypiserver',
  'firn/pypiserver',
]
const labelsAgainst: readonly string[] = ['against', 'firn/against']
const widths: readonly number[] = [46, 9, 9, 11, 13, 10, 11, 16, 9, 13]

/** The table's head. */
export function printHead(against: boolean): string {
  return pc.underline(line([...labels, ...(against ? labelsAgainst : [])].map((label): Cell => [label])))
}

/** One row with its absolute figures and its ratios, or why it failed. */
export function printRow({ row, figures, failed }: Result, against: boolean): string {
  if (failed !== undefined) return `${row.title}\n  ${pc.red('FAILED')} ${failed}`
  const of = (name: Name) => median(figures.get(name))
  const firn = of('firn')
  const figure = (name: Name): Cell => [printFigure(of(name))]
  const ratioTo = (name: Name): Cell => [printRatio(ratio(firn, of(name))), 'bold']
  const mark = { true: pc.green(' ✓'), false: pc.red(' ✗'), undefined: '  ' }[`${isMet(row.aim, firn, of('nginx'))}`]
  return line(
    [
      [`${row.title}, ${row.unit}`],
      figure('nginx'),
      figure('firn'),
      ratioTo('nginx'),
      [printAim(row.aim, row.unit)],
      figure('firn, text log'),
      figure('pypiserver'),
      ratioTo('pypiserver'),
      ...(against ? [figure('against'), ratioTo('against')] : []),
    ],
    mark,
  )
}

/** Texts to the left in the first column, to the right in all others; the mark stands behind the aim. */
function line(cells: readonly Cell[], mark = '  '): string {
  return cells
    .map(([text, bold], index) => {
      const width = widths[index] ?? 10
      const padded = index === 0 ? text.padEnd(width) : text.padStart(width)
      return `${bold ? pc.bold(padded) : padded}${index === 4 ? mark : ''}`
    })
    .join(' ')
}

function printFigure(figure: number | undefined): string {
  if (figure === undefined) return '–'
  return figure.toLocaleString('en-GB', { maximumFractionDigits: figure < 100 ? 1 : 0 })
}

function printRatio(value: number | undefined): string {
  if (value === undefined) return '–'
  return value >= 10 ? value.toFixed(0) : value.toFixed(2)
}

function printAim(aim: Aim | undefined, unit: string): string {
  if (aim === undefined) return ''
  if ('said' in aim) return aim.said
  return 'atMost' in aim ? `≤ ${aim.atMost} ${unit}` : `≥ ${aim.atLeast}`
}

export function ratio(figure: number | undefined, to: number | undefined): number | undefined {
  return figure === undefined || to === undefined ? undefined : figure / to
}

/** `undefined` if the run cannot tell. */
export function isMet(aim: Aim | undefined, firn: number | undefined, nginx: number | undefined): boolean | undefined {
  if (aim === undefined || firn === undefined || 'said' in aim) return undefined
  if ('atMost' in aim) return firn <= aim.atMost
  return nginx === undefined ? undefined : firn / nginx >= aim.atLeast
}
