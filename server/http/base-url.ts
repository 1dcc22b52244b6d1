import { RegistryError } from '../../pool/errors.ts'
import type { Client } from './client.ts'

/** Name, IPv4 address or IPv6 address in brackets, and a port (RFC 3986, 3.2.2, without what no host is called). */
const hostPattern = /^(?:[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

/** Segments of what needs no escape, and no `.` or `..` (RFC 3986, 3.3). */
const prefixPattern = /^(?:\/(?!\.{1,2}(?:\/|$))[a-z0-9._~-]{1,100}){0,20}\/?$/i

/**
 * The URL that a client came by, with a slash at its end: the one the server was told, else what `Host` says, or the
 * proxy that is trusted; which is the client's own word, and goes into nobody's answer but its own. `undefined` without
 * either, in HTTP/1.0. Throws `request-invalid` (RFC 9112, 3.2: "a server MUST respond with a 400").
 */
export function baseUrl(
  publicUrl: string | undefined,
  client: Pick<Client, 'proto' | 'host' | 'prefix'>,
): string | undefined {
  if (publicUrl !== undefined) return publicUrl
  const { proto, host = '', prefix } = client
  if (host === '') return undefined
  const url = `${proto}://${host}${prefix.replace(/\/$/, '')}/`
  if (!hostPattern.test(host) || !URL.canParse(url)) throw invalid('Host is not the name of a host')
  if (!prefixPattern.test(prefix)) throw invalid('X-Forwarded-Prefix is not a path')
  return new URL(url).href
}

function invalid(detail: string): RegistryError {
  return new RegistryError('request-invalid', {}, { detail })
}

/** Reads the URL that clients know the server by. `undefined` if it is none. */
export function parsePublicUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, username, password, search, hash, origin, pathname } = new URL(text)
  const isPlain = [username, password, search, hash].every((part) => part === '')
  if (!isPlain || !/^https?:$/.test(protocol)) return undefined
  return `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`
}
