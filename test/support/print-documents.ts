/** Prints every document of a nasty release, for those who compare what other processes print. */
import { releaseDocuments } from '../../pool/documents/documents.ts'
import { nastyFacts, nastyRelease } from './printed-release.ts'

const texts = releaseDocuments.map(({ name, print }) => [
  name,
  print(nastyRelease, { base: 'https://firn.example/', factsOf: nastyFacts }),
])
process.stdout.write(JSON.stringify(Object.fromEntries(texts)))
