import { Command } from 'commander'
import type { BundleOptions } from '../export/bundle-release.ts'
import type { Io } from '../io.ts'
import { serverOptions } from '../server-options.ts'

export function bundleCommand(io: Io): Command {
  return serverOptions(new Command('bundle'))
    .summary('make one archive of a release')
    .description(
      'Write a release as one tar: what firn export writes, in the same bytes on any machine. Unpacked it is served by ' +
        'any web server; firn import takes it into another pool.',
    )
    .argument('<product/release>', 'as karl/3.30')
    .argument('<file>', 'as karl-3.30.tar; nothing is overwritten')
    .option('--pool <directory>', "the server's pool/ on this machine; default: $FIRN_DATA/pool, if it is there")
    .addHelpText('after', '\nExample:\n  firn bundle karl/3.30 karl-3.30.tar')
    .action(async (name: string, file: string, options: BundleOptions) => {
      // What prints a release's documents takes its time to load; the other commands go without it.
      const { bundleRelease } = await import('../export/bundle-release.ts')
      await bundleRelease(name, file, options, io)
    })
}
