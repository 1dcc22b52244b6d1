import { RegistryError } from '../../pool/errors.ts'
import { printable, refusal } from './refuse.ts'

export function samePath(path: readonly string[], place: readonly string[]): boolean {
  return path.length === place.length && place.every((segment, index) => path[index] === segment)
}

export function notAFile(name: string): RegistryError {
  return refusal(
    'metadata-not-a-file',
    `entry "${printable(name)}" is or lies where the metadata must be a plain file`,
    { entry: name },
  )
}

export function missing(expected: string): RegistryError {
  const place = printable(expected)
  return new RegistryError('metadata-missing', { expected: place }, { detail: `the archive has no ${place}` })
}
