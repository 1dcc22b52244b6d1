import type { Iso } from './distribution.ts'
import { RegistryError } from './errors.ts'

/** A file that was taken out of the pool. Its name never means other bytes. */
export interface Removal {
  readonly filename: string
  readonly reason: string
  readonly at: Iso
  /** The product that it was private to. */
  readonly product: string | null
}

/** What is said to whoever asks for it, or brings it again. */
export function removedError({ filename, reason, at }: Omit<Removal, 'product'>): RegistryError {
  return new RegistryError('distribution-removed', { filename, reason, at }, { detail: `${filename}: ${reason}` })
}
