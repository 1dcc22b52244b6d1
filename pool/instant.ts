import type { Iso } from './distribution.ts'
import { RegistryError } from './errors.ts'

/**
 * Reads an instant of UTC, to the second or finer, as `2026-11-01T00:00:00Z` (RFC 3339 without offsets). A day alone is
 * refused: tools take it for its beginning or its end. Throws `request-invalid`.
 */
export function parseInstant(text: string): Iso {
  const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/
  const at = shape.test(text) ? new Date(text) : undefined
  // A day that no month has is taken for one of the next month: it comes out as another than it went in.
  if (at && !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 19) === text.slice(0, 19)) return at.toISOString()
  const hint = 'write it in UTC, as 2026-11-01T00:00:00Z'
  throw new RegistryError(
    'request-invalid',
    { instant: text.slice(0, 100) },
    { detail: `${JSON.stringify(text.slice(0, 100))} is no instant`, hint },
  )
}
