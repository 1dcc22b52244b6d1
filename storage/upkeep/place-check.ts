import { lstat } from 'node:fs/promises'
import type { Layout } from '../layout.ts'
import { modeOf } from './file-check.ts'
import type { Finding } from './finding.ts'
import { entriesOf } from './pool-walk.ts'

/** What lies in a data directory besides its pool and its database. */
export async function checkPlaces(
  { signingKey, staging }: Pick<Layout, 'signingKey' | 'staging'>,
  { served }: { readonly served: boolean },
): Promise<readonly Finding[]> {
  // While there is a server, what lies in staging is under way.
  const left = served ? [] : await entriesOf(staging)
  return [
    ...(await keyFindings(signingKey)),
    ...left.map(({ name }): Finding => ({ code: 'staging-left', subject: `staging/${name}`, detail: 'is left over' })),
  ]
}

async function keyFindings(path: string): Promise<readonly Finding[]> {
  const status = await lstat(path).catch(() => undefined)
  if (!status || (status.mode & 0o077) === 0) return []
  return [{ code: 'key-exposed', subject: 'keys/signing.pem', detail: `has the mode ${modeOf(status)}, not 0600` }]
}
