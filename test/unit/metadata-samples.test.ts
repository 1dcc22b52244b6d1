import { expect, it } from 'vitest'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseMetadata } from '../../pool/metadata.ts'
import { metadataSamples } from '../support/metadata-samples.ts'

it.each(metadataSamples.map(({ label, ...sample }) => [label, sample] as const))('reads %s', (_, { bytes, read }) => {
  const { project, name, version, requiresPython } = parseMetadata(bytes)
  const parts = { metadata: bytes, eggInfos: [], pyproject: 'absent', hasSetupPy: false, sboms: [] } as const
  const { requires, extras, licence } = readFacts('wheel', project, parts)
  expect({ name, version, requiresPython: requiresPython ?? null, requires, extras, licence }).toEqual(read)
})
