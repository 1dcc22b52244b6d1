import { Command } from 'commander'
import type { Io } from '../io.ts'
import { logHeadCommand } from './log-head.ts'
import { logListCommand } from './log-list.ts'
import { logVerifyCommand } from './log-verify.ts'

/** The log: every change, in a chain that each line is part of. */
export function logCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('log')
    .summary('show and prove the log of every change')
    .addCommand(logListCommand(io), { isDefault: true })
    .addCommand(logHeadCommand(io))
    .addCommand(logVerifyCommand(io, exit))
}
