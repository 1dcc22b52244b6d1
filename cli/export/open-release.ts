import { text as textOf } from 'node:stream/consumers'
import type { DocumentedRelease } from '../../pool/documents/document.ts'
import { releaseDocuments } from '../../pool/documents/documents.ts'
import { errors, isRegistryError } from '../../pool/errors.ts'
import { digestOf } from '../../pool/digest.ts'
import { releaseDirectory, type TreeInput } from '../../pool/export/tree.ts'
import { readManifest } from '../../pool/manifest.ts'
import { parseEnvelope, type Signature } from '../../pool/proof/envelope.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import type { Connection } from '../connection.ts'

/**
 * A release with its documents, from a server. `base` is where the tree will be served, for the documents that name
 * it; `choose` says which signatures go with it. Throws `release-unknown`.
 */
export async function openRelease(
  connection: Connection,
  name: ReleaseName,
  base: string | undefined,
  choose: (signatures: readonly Signature[]) => readonly Signature[] = (all) => all,
): Promise<TreeInput> {
  const directory = `/${releaseDirectory(name)}`
  const text = await textOf(await connection.send('GET', `${directory}/manifest.json`))
  const served = (document: string) => textIfServed(connection, `${directory}/${document}`)
  const { signatures = [] } = parseEnvelope((await served('manifest.json.sig')) ?? '') ?? {}
  const release = { manifest: readManifest(text), text, digest: digestOf(text), signatures: choose(signatures) }
  return { ...release, documents: new Map(await documentsOf(release, base, served)) }
}

/** What follows from the manifest is made here; what the pool's files say besides, the server knows. */
async function documentsOf(
  release: DocumentedRelease,
  base: string | undefined,
  served: (document: string) => Promise<string | undefined>,
): Promise<readonly (readonly [string, string])[]> {
  const texts = await Promise.all(
    releaseDocuments.map(async ({ name, variesBy, print }) => {
      const text = variesBy === 'factsOf' ? await served(name) : print(release, { base })
      return text === undefined ? [] : [[name, text] as const]
    }),
  )
  return texts.flat()
}

async function textIfServed(connection: Connection, path: string): Promise<string | undefined> {
  try {
    return await textOf(await connection.send('GET', path))
  } catch (error) {
    if (isRegistryError(error) && errors[error.code].status === 404) return undefined
    throw error
  }
}
