import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSdist, makeWheel, metadataOf } from '../support/archives.ts'
import { pinnedPip, type Workplace } from './workplace.ts'

const about = { name: 'Acme.Tool', version: '1.0' }
export const wheel = makeWheel(about)
export const sdist = makeSdist(about)

/** Other bytes under the wheel's filename. */
export const otherWheel = makeWheel({ ...about, files: { 'more.py': '' } })

/** A wheel with the metadata of another project. */
export const strange = makeWheel({ ...about, version: '1.1', metadata: metadataOf({ name: 'other', version: '1.1' }) })

/** The bytes that pip downloads for one of these files from the live index. */
export async function downloaded(place: Workplace, filename: string): Promise<Buffer> {
  const target = await place.directory(`download-${filename}`)
  const form = filename.endsWith('.whl') ? '--only-binary=acme.tool' : '--no-binary=acme.tool'
  const options = ['--dest', target, form, '--index-url', `${place.url}/simple/`]
  await place.client(await pinnedPip(), ['-m', 'pip', 'download', ...options, 'acme.tool'])
  return readFile(join(target, filename))
}
