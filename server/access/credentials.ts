import type { IncomingMessage } from 'node:http'

/**
 * The token that a request brings: `Bearer TOKEN`, or the password of basic authentication, whatever the user's name:
 * twine, uv and pip send `__token__` (RFC 7617, RFC 6750). `undefined`: none; `''`: something that is none of these.
 */
export function credentialsOf({ headers }: IncomingMessage): string | undefined {
  const header = headers.authorization
  if (header === undefined) return undefined
  const [, scheme = '', value = ''] = /^(\S{1,20})\s+(\S{1,4000})\s*$/.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return ''
  const pair = Buffer.from(value, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0 ? '' : pair.slice(colon + 1)
}

/**
 * Whether a request comes from this machine and no further: over loopback, passed on by no proxy that says so, and
 * asking for this machine by name. A page that points its own name at 127.0.0.1 (DNS rebinding) asks for that name. An
 * nginx that nobody told otherwise says nothing of whom it asks for, and names this machine; but it speaks HTTP/1.0.
 */
export function isLocal({ socket, headers, httpVersion }: IncomingMessage): boolean {
  const address = socket.remoteAddress ?? ''
  const loopback = address === '::1' || /^(?:::ffff:)?127\./.test(address)
  const forwarded =
    httpVersion === '1.0' ||
    Object.keys(headers).some((name) => /^(?:forwarded|x-forwarded-.*|x-real-ip|via)$/.test(name))
  return loopback && !forwarded && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(headers.host ?? '')
}
