import { Option, type Command } from 'commander'
import type { ReadOptions } from '../pool/pins/reading.ts'
import { collect } from './server-options.ts'

/** Options of every command that reads pins. */
export interface PinOptions {
  readonly requirement?: readonly string[]
  readonly constraint?: readonly string[]
  readonly use?: readonly string[]
  readonly extra?: readonly string[]
  readonly group?: readonly string[]
  readonly versionsSection?: string
}

export function pinOptions(command: Command): Command {
  return command
    .option(
      '-r, --requirement <file>',
      'requirements, buildout configuration, lock (uv, poetry, pdm, pylock.toml), pip freeze or inspect output, ' +
        'virtualenv; path or URL; may be repeated',
      collect,
    )
    .option('-c, --constraint <file>', 'constraints: versions of what is asked for without one', collect)
    .option('--use <name==version>', "pool's version of what is named by path, repository or URL", collect)
    .option('--extra <name>', 'extra of the project that a lock was made for; may be repeated', collect)
    .option('--group <name>', 'dependency group of it; may be repeated', collect)
    .option(
      '-S, --versions-section <name>',
      "section of a configuration; default: what [buildout] versions names, else 'versions'",
    )
}

/** How the server is to read the sources: fields of the requests that have any. */
export function readOptions({ use = [], extra = [], group = [], versionsSection }: PinOptions): ReadOptions {
  return { use, extras: extra, groups: group, ...(versionsSection === undefined ? {} : { versionsSection }) }
}

/** Which wheels are meant; `byDefault`: whose, without it. */
export function targetOption(byDefault: string): Option {
  return new Option(
    '-t, --target <target>',
    `as cp311-manylinux_x86_64; may be repeated; default: ${byDefault}`,
  ).argParser(collect)
}
