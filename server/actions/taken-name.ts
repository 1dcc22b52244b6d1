import type { Distribution } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'

/**
 * What is private to one product cannot become another's, or everybody's, by an upload; whether the bytes are the same
 * is not told. Throws `filename-taken`, `distribution-exists`.
 */
export function refuseTaken(held: Distribution, { filename, product, sha256 }: Distribution): void {
  if (isPrivateToAnother(held, product)) throw taken(filename)
  if (held.sha256 === sha256) return
  throw new RegistryError(
    'distribution-exists',
    { filename },
    { detail: filename, hint: 'a filename means one content for ever: what has changed is another version' },
  )
}

/**
 * On a file system that ignores case, `App-1.0.zip` and `app-1.0.zip` are one file. Throws `distribution-exists`,
 * `filename-taken`.
 */
export function refuseOtherCase(others: readonly Distribution[], { filename, product }: Distribution): void {
  const other = others.find((file) => file.filename.toLowerCase() === filename.toLowerCase())
  if (!other) return
  if (isPrivateToAnother(other, product)) throw taken(filename)
  throw new RegistryError(
    'distribution-exists',
    { filename },
    { detail: `${filename} differs from ${other.filename} by case alone` },
  )
}

function isPrivateToAnother(held: Distribution, product: string | null): boolean {
  return held.product !== null && held.product !== product
}

function taken(filename: string): RegistryError {
  return new RegistryError(
    'filename-taken',
    { filename },
    {
      detail: filename,
      hint: 'if it is for that product, upload it to /legacy/PRODUCT/; else give it another version',
    },
  )
}
