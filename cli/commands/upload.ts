import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { errors, RegistryError } from '../../pool/errors.ts'
import { distributionSuffixes } from '../../pool/filename.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { isAttestation, withAttestations } from '../attestations-beside.ts'
import { connect } from '../connection.ts'
import { count, reasonOf, type Io } from '../io.ts'
import { checkPoolDirectory } from '../leave-link.ts'
import { leaveLinks } from '../leave-links.ts'
import { progress } from '../progress.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'
import { uploadAll, type Pending } from '../uploading.ts'

export function uploadCommand(io: Io, exit: (code: number) => void): Command {
  return serverOptions(new Command('upload'))
    .summary('put distributions into the pool')
    .description(
      'Put sdists, wheels and eggs into the pool. The same file again is fine; other content under its name is refused.',
    )
    .argument('<file-or-directory...>', `files, or directories that hold them (${distributionSuffixes.join(' ')})`)
    .option('--private <product>', 'for the releases of this product alone, and whoever has a token for it')
    .option('--attestations', 'with the attestations that lie beside each file, as FILE.publish.attestation (PEP 740)')
    .option('--leave-links <pool>', "leave links into this directory, the pool's own, in the place of the archives")
    .addHelpText(
      'after',
      '\nAttestations are kept as they come, if they are of the file and signed with the key\n' +
        'of their own certificate. Whose that is, is not checked: pypi-attestations does that.\n' +
        '\nExamples:\n  firn upload dist/\n  firn upload karl-3.30.tar.gz karl-3.30-py3-none-any.whl\n' +
        '  firn upload --attestations dist/*\n' +
        '  firn upload --private acme acme-theme/dist/\n  firn upload 2010-index/ --leave-links /srv/firn/data/pool',
    )
    .action(async (paths: string[], options: UploadCommandOptions) => exit(await upload(paths, options, io)))
}

interface UploadCommandOptions extends ServerOptions {
  readonly private?: string
  readonly attestations?: boolean
  readonly leaveLinks?: string
}

/** Uploads all it can; the exit code is that of the first that was refused. */
async function upload(paths: readonly string[], options: UploadCommandOptions, io: Io): Promise<number> {
  const { json = false, private: product, leaveLinks: pool } = options
  if (pool !== undefined) await checkPoolDirectory(pool)
  const files = options.attestations === true ? await findAttested(paths) : await findFiles(paths)
  const bar = progress(io)
  bar.start(files.reduce((total, { size }) => total + size, 0))
  const { uploaded, failures } = await uploadAll(
    { connection: connect(options), bar, json, product, signal: io.signal },
    files,
  ).finally(() => bar.stop())
  const [first] = failures
  if (!json)
    io.stdout.write(
      `${count(files.length - failures.length, 'file')} in the pool${first ? `, ${failures.length} refused` : ''}\n`,
    )
  const code = pool === undefined ? 0 : await leaveLinks({ pool, json }, uploaded, io)
  return first ? errors[first.code].exit : code
}

/** `dist/*` names the attestations too. Throws `input-unreadable`. */
async function findAttested(paths: readonly string[]): Promise<readonly Pending[]> {
  const files = await findFiles(paths.filter((path) => !isAttestation(path)))
  return Promise.all(files.map(withAttestations))
}

/** The distributions among and below the paths, each once. Throws `input-unreadable`. */
async function findFiles(paths: readonly string[]): Promise<readonly Pending[]> {
  const found = await Promise.all(paths.map(findBelow))
  const files = new Map(found.flat().map((file) => [file.path, file]))
  if (files.size > 0) return [...files.values()]
  const hint = `distributions end in ${distributionSuffixes.join(' ')}`
  throw new RegistryError('input-unreadable', { paths }, { detail: `no distribution is in ${paths.join(', ')}`, hint })
}

async function findBelow(path: string): Promise<readonly Pending[]> {
  const status = await statusOf(path)
  if (!status.isDirectory()) return [{ path, size: status.size }]
  const names = await readdir(path, { recursive: true })
  const distributions = names.filter((name) => distributionSuffixes.some((suffix) => name.endsWith(suffix)))
  const sized = await Promise.all(
    distributions.toSorted(compareCodePoints).map(async (name) => {
      const below = await statusOf(join(path, name))
      return below.isFile() ? [{ path: join(path, name), size: below.size }] : []
    }),
  )
  return sized.flat()
}

async function statusOf(path: string): Promise<Stats> {
  return stat(path).catch((cause: unknown) => {
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reasonOf(cause)}`, cause })
  })
}
