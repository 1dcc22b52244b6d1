import type { IncomingMessage } from 'node:http'
import { RegistryError } from '../../pool/errors.ts'

/** Name, IPv4 address or IPv6 address in brackets, and a port (RFC 3986, 3.2.2, without what no host is called). */
const hostPattern = /^(?:[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

/**
 * The URL that a client came by, with a slash at its end: the one the server was told, else what `Host` says, which is the
 * client's own word and goes into nobody's answer but its own. `undefined` without either, in HTTP/1.0.
 * Throws `request-invalid` (RFC 9112, 3.2: "a server MUST respond with a 400").
 */
export function baseUrl(publicUrl: string | undefined, { headers }: IncomingMessage): string | undefined {
  if (publicUrl !== undefined) return publicUrl
  const { host = '' } = headers
  if (host === '') return undefined
  if (hostPattern.test(host) && URL.canParse(`http://${host}/`)) return new URL(`http://${host}/`).href
  throw new RegistryError('request-invalid', {}, { detail: 'Host is not the name of a host' })
}

/** Reads the URL that clients know the server by. `undefined` if it is none. */
export function parsePublicUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, username, password, search, hash, origin, pathname } = new URL(text)
  const isPlain = [username, password, search, hash].every((part) => part === '')
  if (!isPlain || !/^https?:$/.test(protocol)) return undefined
  return `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`
}
