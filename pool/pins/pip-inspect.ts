import { gather, type ReadSource, type Source } from './pin.ts'
import type { Reading } from './reading.ts'

/** Reads what `pip inspect` prints. */
export function readInspect({ name }: Source, _reading: Reading): ReadSource {
  return gather([{ problem: { place: { source: name, line: 1 }, message: 'pip inspect is not read yet' } }])
}
