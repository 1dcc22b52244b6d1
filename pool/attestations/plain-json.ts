import type { Json } from '../canonical-json.ts'

/** Deeper than anything that signs writes it, and shallow enough for whoever reads it after us. */
const deepest = 40

/** JSON as a value; `undefined` for what is none, and for what is so deep that reading it would end a program. */
export function parseShallowJson(text: string): Json | undefined {
  if (depthOf(text) > deepest) return undefined
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** How deep brackets stand. What is no JSON may have any. */
function depthOf(text: string): number {
  let [depth, most, inside] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inside && character === '\\') at++
    else if (character === '"') inside = !inside
    else if (inside) continue
    else if (character === '[' || character === '{') most = Math.max(most, ++depth)
    else if (character === ']' || character === '}') depth--
  }
  return most
}

/**
 * Whether a value is the same to everyone who reads it: no number that is another one elsewhere, no half of a surrogate
 * pair. Source: RFC 7493 (I-JSON).
 */
export function isPlainJson(value: Json): boolean {
  if (typeof value === 'string') return !/\p{Surrogate}/u.test(value)
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, member]) => isPlainJson(key) && isPlainJson(member))
}
