import semver from 'semver'
import { apiVersion, apiVersionHeader } from '../pool/api-version.ts'
import { RegistryError } from '../pool/errors.ts'

/** What every request of the command line says. */
export const apiHeaders: Readonly<Record<string, string>> = { [apiVersionHeader]: apiVersion }

/**
 * Looks at what an answer says of the server's API. Throws `version-mismatch` if it is another one. An answer that says
 * nothing is left to who reads it.
 */
export function checkApiVersion(url: string, headers: Readonly<Record<string, string | string[] | undefined>>): void {
  const said = headers[apiVersionHeader]
  const server = typeof said === 'string' ? semver.parse(said) : null
  if (!server || server.major === semver.major(apiVersion)) return
  const older = server.major < semver.major(apiVersion) ? `the server at ${url}` : 'firn on this machine'
  throw new RegistryError(
    'version-mismatch',
    { client: apiVersion, server: server.version },
    { detail: `this command speaks ${apiVersion}, ${url} speaks ${server.version}`, hint: `upgrade ${older}` },
  )
}
