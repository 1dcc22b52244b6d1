import { sections } from './sections.ts'

/** A `firn.toml` that sets nothing: every key is there, in a comment of `#` alone; what explains it stands after `# `. */
export function printExample(): string {
  const head = `# firn.toml: options of the command firn. The command line comes before the environment (FIRN_*), that before this
# file. Take away the # before what you want to set.
`
  return [head, ...sections.map(({ example }) => example.replaceAll(/^(?=[^#\n])/gm, '#'))].join('\n')
}
