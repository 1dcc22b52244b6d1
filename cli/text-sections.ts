import { plain } from './io.ts'

/** Lines under their title; without lines there is nothing. */
export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`.trimEnd())]
}

/** Sections as text, a blank line between them; of those that have no lines there is none. */
export function printSections(sections: readonly (readonly string[])[]): string {
  const filled = sections.filter((lines) => lines.length > 0)
  return plain(`${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`)
}
