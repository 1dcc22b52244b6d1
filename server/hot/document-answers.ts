import { LRUCache } from 'lru-cache'
import type { DocumentedRelease } from '../../pool/documents/document.ts'
import type { ReleaseDocument } from '../../pool/documents/documents.ts'
import { factsOfFiles, type FactsDeps } from '../actions/facts-of-files.ts'
import { answer, immutable, revalidate, sizeOf, type Answer } from '../http/answer.ts'

/** A document of a release that is asked for. */
export interface AskedDocument {
  readonly document: ReleaseDocument
  readonly release: DocumentedRelease
  /** The URL that the client came by. Throws `request-invalid`. */
  readonly base: () => string | undefined
}

/**
 * A document that names the host is for those who came by that name: no cache may give it to others. One that is made
 * from facts says more when a newer firn reads more of them.
 */
export type DocumentAnswers = (asked: AskedDocument) => Promise<Answer>

/** How many bytes of documents that vary are kept: apart from all else, since whoever asks under many names of the host would push that out. */
const keptBytes = 16 * 1024 * 1024

export function documentAnswers(deps: FactsDeps): DocumentAnswers {
  const kept = new LRUCache<string, Answer>({ maxSize: keptBytes, sizeCalculation: sizeOf })
  // A large one takes half a second, which whoever asks meanwhile waits for and does not take again.
  const making = new Map<string, Promise<Answer>>()
  return async ({ document, release, base: baseOf }) => {
    const { name, type, variesBy, print } = document
    if (variesBy === null) return answer(print(release, {}), { type, cacheControl: immutable })
    const base = variesBy === 'base' ? baseOf() : undefined
    const key = `${release.digest} ${name} ${base ?? ''}`
    const known = kept.get(key) ?? making.get(key)
    if (known) return known
    const made = makeVarying(deps, { document, release }, base)
    making.set(key, made)
    try {
      kept.set(key, await made)
      return await made
    } finally {
      making.delete(key)
    }
  }
}

async function makeVarying(
  deps: FactsDeps,
  { document: { type, variesBy, print }, release }: Pick<AskedDocument, 'document' | 'release'>,
  base: string | undefined,
): Promise<Answer> {
  const read = variesBy === 'factsOf' ? await factsOfFiles(deps, release.manifest.files) : undefined
  const text = print(release, { base, factsOf: (sha256) => read?.get(sha256) })
  return answer(text, { type, cacheControl: variesBy === 'base' ? `private, ${revalidate}` : revalidate })
}
