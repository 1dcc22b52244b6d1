import { InvalidArgumentError, Option, type Command } from 'commander'
import { afterOf } from './calls/pages.ts'

/** Options of every command that lists. */
export interface PageOptions {
  readonly limit?: number
  readonly after?: string
}

export function pageOptions(command: Command): Command {
  return command
    .addOption(new Option('--limit <number>', 'one page of this many; default: all of it').argParser(parseLimit))
    .option('--after <mark>', 'the page after this mark, which the page before ends with')
}

function parseLimit(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= 1000) return number
  throw new InvalidArgumentError('It is a whole number from 1 to 1000.')
}

/** What is said after a page that another follows. */
export function moreLines(next: string | null): readonly string[] {
  return next === null ? [] : ['', `more follow: the same command with --after ${afterOf(next)}`]
}
