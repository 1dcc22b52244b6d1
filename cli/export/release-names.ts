import { RegistryError } from '../../pool/errors.ts'
import { parseReleaseName, splitReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { listReleases } from '../calls/questions.ts'
import type { Connection } from '../connection.ts'

/** The releases that a command line means: the one it names, or all that the server has. Throws `usage`. */
export async function releasesMeant(
  connection: Connection,
  name: string | undefined,
  all: boolean,
): Promise<readonly ReleaseName[]> {
  if (name !== undefined && !all) return [splitReleaseName(name)]
  if (name !== undefined || !all) {
    throw new RegistryError(
      'usage',
      {},
      { detail: 'name one release, or all of them with --all', hint: 'firn export --help' },
    )
  }
  const { releases } = await listReleases(connection, {})
  return releases.map(({ product, release }) => parseReleaseName(product, release))
}
