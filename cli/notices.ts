import type { Notice } from '../pool/pins/pin.ts'
import { plain } from './io.ts'

/** `pins.txt:3: this line is left out` */
export function printNotice({ place, message }: Notice): string {
  return plain(place ? `${place.source}:${place.line}: ${message}` : message)
}
