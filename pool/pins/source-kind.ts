import type { Source } from './pin.ts'

/** What a source is written in. `lock`: any TOML; which tool's, its content tells. */
export type SourceKind = 'requirements' | 'buildout' | 'lock' | 'inspect'

/** By the name that tools give such files, else by how the text begins: a configuration has a section before all else. */
export function kindOf({ name, text }: Source): SourceKind {
  const file = name.replace(/[?#].*$/, '')
  if (/\.(?:lock|toml)$/i.test(file)) return 'lock'
  if (/\.cfg$/i.test(file)) return 'buildout'
  if (/\.json$/i.test(file)) return 'inspect'
  const first = firstLine(text)
  if (first.startsWith('{')) return 'inspect'
  if (first.startsWith('[[') || /^(?:lock-)?version ?= ?["1]/.test(first)) return 'lock'
  return first.startsWith('[') ? 'buildout' : 'requirements'
}

/** The first line that is no comment, trimmed. */
function firstLine(text: string): string {
  const line = text.split(/[\r\n]/).find((each) => /^\s*[^\s#;]/.test(each))
  return line?.trim() ?? ''
}
