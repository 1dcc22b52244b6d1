import { Command } from 'commander'
import type { Io } from '../io.ts'
import { logHeadCommand } from './log-head.ts'
import { logListCommand } from './log-list.ts'
import { logVerifyCommand } from './log-verify.ts'

/** The log: every change, in a chain that each line is part of. */
export function logCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('log')
    .summary('show and prove the log of every change')
    .description(
      'Show and prove the log: every upload, fetch, freeze, token and all else that changes the registry is a line of it. ' +
        'Lines are chained and signed; none is ever changed or taken away.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  firn log\n  firn log --product karl --since 2026-11-01\n  firn log head > head-2026-11.json\n' +
        '  firn log verify --head head-2026-11.json',
    )
    .addCommand(logListCommand(io), { isDefault: true })
    .addCommand(logHeadCommand(io))
    .addCommand(logVerifyCommand(io, exit))
}
