/** The fields of core metadata by their names in lower case, each with its values in the order in which they stand. */
export type Headers = ReadonlyMap<string, readonly string[]>

/** Reads the fields of METADATA or PKG-INFO; what follows them is the description. */
export function readHeaders(bytes: Uint8Array): Headers {
  const headers = new Map<string, string[]>()
  let values: string[] | undefined
  for (const line of decodeText(bytes).split(/\r\n|\r|\n/)) {
    if (line === '') break // the description follows as the body
    if (/^[ \t]/.test(line)) {
      const last = values?.pop()
      if (last !== undefined) values?.push(`${last}\n${line}`)
      continue
    }
    const colon = line.indexOf(':')
    if (colon === 0) continue
    // Python's email parser takes all from here on for the description, and so do pip and all that read metadata with it.
    if (!/^[\x21-\x39\x3b-\x7e]+:/.test(line)) break
    const key = line.slice(0, colon).toLowerCase()
    values = headers.get(key) ?? []
    headers.set(key, values)
    values.push(line.slice(colon + 1).trim())
  }
  return headers
}

/** Metadata of 2008 is often Latin-1; the specification says UTF-8 since 2.1. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return new TextDecoder('latin1').decode(bytes)
  }
}
