import type { Place, Source } from './pin.ts'

export interface LogicalLine {
  readonly text: string
  readonly place: Place
}

/**
 * The lines of a pip requirements file as pip takes them: continued lines joined, comments dropped (a `#` at the start
 * of a line or after white space), white space made one blank.
 */
export function logicalLines({ name, text }: Source): readonly LogicalLine[] {
  const lines: { parts: string[]; line: number }[] = []
  let open: { parts: string[]; line: number } | undefined
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const comment = /^\s*#/.test(raw)
    const continues = !comment && raw.endsWith('\\')
    const current = open ?? { parts: [], line: index + 1 }
    if (!comment) current.parts.push(continues ? raw.slice(0, -1) : raw)
    if (!open) lines.push(current)
    open = continues ? current : undefined
  }
  return lines
    .map(({ parts, line }) => ({ text: withoutComment(parts.join('')), place: { source: name, line } }))
    .filter((line) => line.text !== '')
}

function withoutComment(text: string): string {
  const blank = text.replaceAll(/\s+/g, ' ').trim()
  const at = blank.startsWith('#') ? 0 : blank.indexOf(' #')
  return at < 0 ? blank : blank.slice(0, at)
}
