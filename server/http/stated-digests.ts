import { RegistryError } from '../../pool/errors.ts'

/**
 * The fields of an upload form that state a digest of its file, with how many hexadecimal digits. twine and uv send the
 * last two, hatch, pdm and poetry all three, flit the first two, Python 2 the first. Source: the "legacy" upload API of
 * Warehouse's documentation.
 */
const digestFields = [
  { field: 'md5_digest', algorithm: 'md5', digits: 32 },
  { field: 'sha256_digest', algorithm: 'sha256', digits: 64 },
  { field: 'blake2_256_digest', algorithm: 'blake2b-256', digits: 64 },
] as const

/** The algorithms of the digests that fields state, whatever they state. */
export function statedAlgorithms(fields: ReadonlyMap<string, string>): readonly string[] {
  return digestFields.flatMap(({ field, algorithm }) => (valueOf(fields, field) === '' ? [] : [algorithm]))
}

export type StatedDigests = Readonly<Record<string, string>>

/**
 * The digests that a form states, by algorithm, in lower case. A field that is empty, or says `UNKNOWN`, states none.
 * Throws `upload-invalid` for what is no digest.
 */
export function statedDigests(fields: ReadonlyMap<string, string>): StatedDigests {
  const stated = digestFields.flatMap(({ field, algorithm, digits }) => {
    const value = valueOf(fields, field)
    if (value === '') return []
    if (value.length !== digits || !/^[0-9a-f]*$/.test(value)) throw noDigest(field, digits, value)
    return [[algorithm, value] as const]
  })
  return Object.fromEntries(stated)
}

function valueOf(fields: ReadonlyMap<string, string>, field: string): string {
  const value = fields.get(field)?.trim().toLowerCase() ?? ''
  return value === 'unknown' ? '' : value
}

function noDigest(field: string, digits: number, value: string): RegistryError {
  const came = JSON.stringify(value.slice(0, 100))
  return new RegistryError(
    'upload-invalid',
    { field },
    { detail: `the field ${field} is to have ${digits} hexadecimal digits, and has ${came}` },
  )
}
