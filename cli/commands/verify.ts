import { Command, Option } from 'commander'
import { RegistryError } from '../../pool/errors.ts'
import { splitReleaseName } from '../../pool/release-name.ts'
import { parseBaseUrl } from '../base-url.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { collect, serverOptions } from '../server-options.ts'
import type { Asked, VerifyOptions } from '../verify/run-verify.ts'

export function verifyCommand(io: Io, exit: (code: number) => void): Command {
  return serverOptions(new Command('verify'))
    .summary('prove that a release is as it was frozen')
    .description(
      'Prove a release: who signed its manifest, and that every file, page and document is, byte for byte, what the ' +
        'manifest makes of it. As the server serves it; or, without a server, as firn export or firn bundle has ' +
        'written it. All that is wrong is listed, and then it exits with 2.\n\n' +
        "The server's releases are held against the key that the server states, unless --key pins one. An export or a " +
        'bundle states none: without --key it is held against its own manifest alone, and whoever signed that is ' +
        'named, but not proven.',
    )
    .argument(
      '[release-or-path]',
      'a release of the server, as karl/3.30; or an export or a bundle, with all its releases (a directory of two parts as ./build/tree)',
    )
    .option('--in <path>', 'look at the release in this export or bundle, not on the server')
    .option('-k, --key <file-or-id>', 'trust this key alone, as PEM or by its id; may be repeated', collect)
    .addOption(
      new Option(
        '--base-url <url>',
        'what versions.cfg and pylock.toml are to name; default: the URL of the server; of an export, whatever they name',
      ).argParser(parseBaseUrl),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  firn keys 3f9a > firn.pem\n  firn verify karl/3.30 --key firn.pem\n' +
        '  firn verify /srv/www/python --key firn.pem\n  firn verify karl/3.30 --in /srv/www/python --key firn.pem\n' +
        '  firn verify karl-3.30.tar --key firn.pem',
    )
    .action(async (what: string | undefined, options: VerifyOptions & { readonly in?: string }) => {
      const asked = readAsked(what, options.in)
      // What prints a release's documents takes its time to load; the other commands go without it.
      const { runVerify } = await import('../verify/run-verify.ts')
      if (!(await runVerify(asked, options, io))) exit(exitCodes.differs)
    })
}

/** PRODUCT/RELEASE is a release; all else is a path. Throws `usage`, `release-name-invalid`. */
function readAsked(what: string | undefined, path: string | undefined): Asked {
  if (what === undefined && path === undefined)
    throw new RegistryError(
      'usage',
      {},
      { detail: 'name a release, an export or a bundle', hint: 'firn verify --help' },
    )
  if (path !== undefined) return what === undefined ? { path } : { name: splitReleaseName(what), path }
  const text = what ?? ''
  return /^[^./~][^/]*\/[^/]+$/.test(text) && !text.endsWith('.tar') ? { name: splitReleaseName(text) } : { path: text }
}
