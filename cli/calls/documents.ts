import { documentNames } from '../../pool/documents/document-names.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import type { Connection } from '../connection.ts'

/** What `firn show --format` takes: the names that the documents have below the release's URL. */
export const documentFormats: readonly string[] = documentNames

/** `GET /index/PRODUCT/RELEASE/FORMAT`: the document's bytes. Throws `release-unknown`. */
export async function documentOf(
  connection: Connection,
  { product, release }: ReleaseName,
  format: string,
): Promise<Buffer> {
  const body = await connection.send('GET', `/index/${product}/${encodeURIComponent(release)}/${format}`)
  return Buffer.from(await body.arrayBuffer())
}
