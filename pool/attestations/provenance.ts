import { z } from 'zod'
import { canonicalJson, type Json } from '../canonical-json.ts'
import { grouped } from '../grouped.ts'
import { RegistryError } from '../errors.ts'
import { compareCodePoints } from '../version.ts'
import type { Attestation } from './attestation.ts'
import { parseShallowJson } from './plain-json.ts'
import { publisherOf } from './publisher.ts'

/** What `<filename>.provenance` is served as. Source: PyPI's Integrity API. */
export const provenanceType = 'application/vnd.pypi.integrity.v1+json'

/**
 * The provenance object of a file: its attestations by the publisher that their certificates name. Of the same
 * attestations, in whatever order, it is the same bytes, here and wherever they are brought to. Source: PEP 740.
 */
export function printProvenance(attestations: readonly Attestation[]): string {
  const sorted = attestations.toSorted((a, b) => compareCodePoints(a.predicateType, b.predicateType))
  const bundles = [...grouped(sorted, ({ certificate }) => canonicalJson(publisherOf(certificate)))]
    .toSorted(([a], [b]) => compareCodePoints(a, b))
    .map(([publisher, own]) => ({
      publisher: JSON.parse(publisher) as Json,
      attestations: own.map(({ json }) => json),
    }))
  return canonicalJson({ version: 1, attestation_bundles: bundles })
}

const provenanceShape = z.object({
  attestation_bundles: z.array(z.object({ attestations: z.array(z.custom<Json>((value) => value !== undefined)) })),
})

/**
 * The attestations of a provenance object, as the field `attestations` of an upload, of which these very bytes are made
 * again. Throws `attestation-invalid` on what is no such object.
 */
export function attestationsOf(provenance: string): string {
  const { success, data } = provenanceShape.safeParse(parseShallowJson(provenance))
  if (!success)
    throw new RegistryError('attestation-invalid', {}, { detail: 'there is no provenance object (PEP 740)' })
  return canonicalJson(data.attestation_bundles.flatMap(({ attestations }) => attestations))
}

/** What an uploader is told who brings attestations of a file that has been in the pool without these. */
export function notKeptNotice(filename: string): string {
  return `${filename}: it was in the pool before, and keeps what it came with; the attestations that came now are not kept`
}
