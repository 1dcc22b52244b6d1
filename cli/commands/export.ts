import { Command, Option } from 'commander'
import { parseBaseUrl } from '../base-url.ts'
import type { ExportOptions } from '../export/export-releases.ts'
import type { Io } from '../io.ts'
import { serverOptions } from '../server-options.ts'

export function exportCommand(io: Io): Command {
  return serverOptions(new Command('export'))
    .summary('write a release as plain files that any web server can serve')
    .description(
      'Write the pages, documents and files of a release into a directory, at the paths of its URLs: nginx, ' +
        "python -m http.server or file:// serve it to pip, uv and zc.buildout. Files are hard links to the server's " +
        'pool where it is on this file system. What is there already stays; nothing is overwritten.',
    )
    .argument('<product/release-or-directory>', 'as karl/3.30; with --all only the directory')
    .argument('[directory]', 'made if it is not there')
    .option('--all', 'every release that the server has')
    .option('--pool <directory>', "the server's pool/ on this machine; default: $FIRN_DATA/pool, if it is there")
    .addOption(
      new Option(
        '--base-url <url>',
        'where the directory will be served, for versions.cfg and pylock.toml to name; default: they name no host',
      ).argParser(parseBaseUrl),
    )
    .addHelpText('after', '\nExamples:\n  firn export karl/3.30 /srv/www/python\n  firn export --all /srv/www/python')
    .action(async (first: string, second: string | undefined, options: ExportOptions) => {
      // What prints a release's documents takes its time to load; the other commands go without it.
      const { exportReleases } = await import('../export/export-releases.ts')
      await exportReleases(second === undefined ? { top: first } : { name: first, top: second }, options, io)
    })
}
