import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const forMs = 500

/**
 * How often a second this disk writes 4 KB that survive a power cut: what durable uploads cannot outrun, since each of
 * them needs several of these one after another.
 */
export function syncsPerSecond(directory: string): number {
  const path = join(directory, 'synced')
  const file = openSync(path, 'w')
  const bytes = Buffer.alloc(4096, 'x')
  const begun = performance.now()
  let times = 0
  for (; performance.now() - begun < forMs; times++) {
    writeSync(file, bytes)
    fsyncSync(file)
  }
  closeSync(file)
  rmSync(path)
  return (times * 1000) / (performance.now() - begun)
}
