import type { NextFunction, Request, Response } from 'express'
import semver from 'semver'
import { apiVersion, apiVersionHeader } from '../../pool/api-version.ts'
import { RegistryError } from '../../pool/errors.ts'

/**
 * Says which API this is, on every answer. Throws `version-mismatch` at a client that says it speaks another one; who
 * says nothing is taken to know.
 */
export function stateApiVersion({ headers }: Request, res: Response, next: NextFunction): void {
  res.setHeader(apiVersionHeader, apiVersion)
  const client = headers[apiVersionHeader]
  const spoken = typeof client === 'string' ? semver.parse(client) : null
  if (spoken && spoken.major !== semver.major(apiVersion)) {
    const older = spoken.major < semver.major(apiVersion) ? 'the client' : 'this server'
    throw new RegistryError(
      'version-mismatch',
      { client: spoken.version, server: apiVersion },
      { detail: `the client speaks ${spoken.version}, this server ${apiVersion}`, hint: `upgrade ${older}` },
    )
  }
  next()
}
