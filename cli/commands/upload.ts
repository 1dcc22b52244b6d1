import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import pLimit from 'p-limit'
import { errors, isRegistryError, RegistryError } from '../../pool/errors.ts'
import { distributionSuffixes } from '../../pool/filename.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { uploadFile, type Uploaded } from '../calls/upload.ts'
import { connect, type Connection } from '../connection.ts'
import { count, printBytes, reasonOf, type Io } from '../io.ts'
import { progress, type Progress } from '../progress.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

const atOnce = 4

export function uploadCommand(io: Io, exit: (code: number) => void): Command {
  return serverOptions(new Command('upload'))
    .summary('put distributions into the pool')
    .description(
      'Put sdists, wheels and eggs into the pool. The same file again is fine; other content under its name is refused.',
    )
    .argument('<file-or-directory...>', `files, or directories that hold them (${distributionSuffixes.join(' ')})`)
    .addHelpText('after', '\nExamples:\n  firn upload dist/\n  firn upload karl-3.30.tar.gz karl-3.30-py3-none-any.whl')
    .action(async (paths: string[], options: ServerOptions) => exit(await upload(paths, options, io)))
}

interface Pending {
  readonly path: string
  readonly size: number
}

/** Uploads all it can; the exit code is that of the first that was refused. */
async function upload(paths: readonly string[], { url, json = false }: ServerOptions, io: Io): Promise<number> {
  const files = await findFiles(paths)
  const bar = progress(io)
  const connection = connect({ url })
  bar.start(files.reduce((total, { size }) => total + size, 0))
  const limit = pLimit(atOnce)
  const failures: RegistryError[] = []
  const uploadOne = async (file: Pending) => {
    try {
      const uploaded = await uploadPending(connection, file, bar, io.signal)
      bar.line(json ? JSON.stringify({ event: 'uploaded', ...uploaded }) : describe(uploaded))
    } catch (error) {
      if (!isRegistryError(error) || error.code === 'server-unreachable') throw error
      failures.push(error)
      bar.line(describeFailure(file.path, error, json))
    }
  }
  try {
    await Promise.all(files.map((file) => limit(uploadOne, file)))
  } finally {
    limit.clearQueue()
    bar.stop()
  }
  const [first] = failures
  if (!json)
    io.stdout.write(
      `${count(files.length - failures.length, 'file')} in the pool${first ? `, ${failures.length} refused` : ''}\n`,
    )
  return first ? errors[first.code].exit : 0
}

async function uploadPending(
  connection: Connection,
  { path, size }: Pending,
  bar: Progress,
  signal: AbortSignal,
): Promise<Uploaded> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash)
  const file = { path, filename: basename(path), size, sha256: hash.digest('hex') }
  return uploadFile(connection, file, (bytes) => bar.add(bytes), signal)
}

function describe({ outcome, filename, size }: Uploaded): string {
  return outcome === 'added' ? `added    ${filename}  ${printBytes(size)}` : `already  ${filename}`
}

function describeFailure(path: string, error: RegistryError, json: boolean): string {
  const { code, facts, hint, message } = error
  if (json) return JSON.stringify({ event: 'refused', path, code, message, hint, ...facts })
  return `refused  ${path}: ${message}${hint === undefined ? '' : `\n         ${hint}`}`
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
  const status = await stat(path).catch((cause: unknown) => {
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reasonOf(cause)}`, cause })
  })
  if (!status.isDirectory()) return [{ path, size: status.size }]
  const names = await readdir(path, { recursive: true })
  const distributions = names.filter((name) => distributionSuffixes.some((suffix) => name.endsWith(suffix)))
  const sized = await Promise.all(
    distributions.toSorted(compareCodePoints).map(async (name) => {
      const below = await stat(join(path, name))
      return below.isFile() ? [{ path: join(path, name), size: below.size }] : []
    }),
  )
  return sized.flat()
}
