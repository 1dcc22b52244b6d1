import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isRegistryError } from '../../pool/errors.ts'
import { digestOf } from '../../pool/digest.ts'
import { topPage } from '../../pool/export/top-page.ts'
import { parseReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { writeChecked } from '../files/write-checked.ts'

/** The releases of which a tree has the pages. */
export async function releasesIn(top: string): Promise<readonly ReleaseName[]> {
  const products = await namesIn(join(top, 'index'))
  const found = await Promise.all(
    products.map(async (product) =>
      (await namesIn(join(top, 'index', product))).flatMap((release) => releaseOrNone(product, release)),
    ),
  )
  return found.flat()
}

function releaseOrNone(product: string, release: string): readonly ReleaseName[] {
  try {
    return [parseReleaseName(product, release)]
  } catch (error) {
    if (isRegistryError(error)) return []
    throw error
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/**
 * Brings the page at the top of a tree up to date, the only one that changes. It looks again after it has written: of
 * two exports into one tree, the last to look has seen the releases of both.
 */
export async function writeTopPage(top: string, staging: string): Promise<void> {
  const path = join(top, 'index.html')
  for (;;) {
    const text = topPage(await releasesIn(top))
    const found = await readFile(path, 'utf8').catch(() => undefined)
    if (found === text) return
    const staged = join(staging, randomUUID())
    const bytes = Buffer.from(text)
    await writeChecked(staged, [bytes], { name: path, sha256: digestOf(bytes), size: bytes.length })
    await rename(staged, path)
  }
}
