import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let root: string | undefined

/** All temporary directories of a run, also those of the processes that it starts, are in one that goes with it. */
export async function setup(): Promise<void> {
  root = await mkdtemp(join(tmpdir(), 'firn-run-'))
  // Some tests work as another user.
  await chmod(root, 0o755)
  process.env['TMPDIR'] = root
}

export async function teardown(): Promise<void> {
  if (root !== undefined) await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}
