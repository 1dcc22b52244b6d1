import type { Sha256 } from '../../pool/distribution.ts'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import { showRelease } from '../calls/questions.ts'
import type { Body } from '../ask-server.ts'
import type { Connection } from '../connection.ts'
import type { Place } from './place.ts'

const forms: Readonly<Record<string, string>> = {
  'index.html': 'text/html',
  'index.json': 'application/vnd.pypi.simple.v1+json',
}

/** The releases of a server, as it serves them. */
export function serverPlace(connection: Connection, signal: AbortSignal): Place {
  return {
    name: connection.url,
    base: new URL(`${connection.url}/`).href,
    hasAliases: false,
    async open(path) {
      const segments = path.split('/')
      const accept = segments[0] === 'index' ? forms[segments.at(-1) ?? ''] : undefined
      if (accept !== undefined) segments[segments.length - 1] = ''
      const url = `/${segments.map(encodeURIComponent).join('/')}`
      try {
        const headers = accept === undefined ? {} : { headers: { accept } }
        return bytesOf(connection, await connection.send('GET', url, { signal, ...headers }))
      } catch (error) {
        if (isRegistryError(error) && notThere.has(error.code)) return undefined
        throw error
      }
    },
    digestOf: (name) => statedDigest(connection, name),
    listing: undefined,
    close: () => Promise.resolve(),
  }
}

const notThere: ReadonlySet<string> = new Set([
  'release-unknown',
  'project-unknown',
  'distribution-unknown',
  'path-unknown',
])

/** What the API says. A server that cannot read its own manifest says nothing here, and shows it at the manifest's path. */
async function statedDigest(connection: Connection, name: ReleaseName): Promise<Sha256 | undefined> {
  try {
    return (await showRelease(connection, name)).digest
  } catch (error) {
    if (isRegistryError(error, 'internal')) return undefined
    throw error
  }
}

/** A server that breaks one answer off, and is still there, has not got the rest of it. Throws `server-unreachable`. */
async function* bytesOf(connection: Connection, body: Body): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>
  } catch (cause) {
    await (await connection.send('GET', '/healthz')).dump()
    throw new RegistryError('input-unreadable', {}, { detail: 'the server breaks off before its end', cause })
  }
}
