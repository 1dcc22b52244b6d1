import { RegistryError } from '../../pool/errors.ts'
import type { Source } from '../../pool/pins/pin.ts'
import { writeTerms } from '../../pool/resolver-terms.ts'
import type { Connection } from '../connection.ts'
import type { GuardOptions } from '../guard-options.ts'
import type { Io } from '../io.ts'
import { readOptions, type PinOptions } from '../pin-options.ts'
import type { ServerOptions } from '../server-options.ts'
import { isResolving, type ResolverOptions } from './resolver-options.ts'

interface ForFetch {
  readonly sources: readonly Source[]
  readonly targets: readonly string[]
  /** Upstream indexes in the order in which they are asked; none: the server's own. */
  readonly indexes: readonly string[]
  readonly options: ServerOptions & PinOptions & ResolverOptions & GuardOptions
}

const hint =
  "change what is asked for. Of a project that the team uploads itself, the pool's versions alone are taken: no other " +
  'index can slip in one of that name, unless --from-upstream NAME lets it. What is younger than --min-age, of this ' +
  'command or of the server, is not there: --allow-young NAME. What states its dependencies only in code can be asked ' +
  'by running that, with --build-sdists'

/** With `--resolve`, one more source: what uv chose from the upstream. Throws what `resolvePins` throws. */
export async function resolveForFetch(
  io: Io,
  connection: Connection,
  { sources, targets, indexes, options }: ForFetch,
): Promise<readonly Source[]> {
  if (!isResolving(options)) return sources
  const { buildSdists = false } = options
  const terms = segmentOf(indexes, options)
  // What reads pins takes its time to load; who resolves nothing goes without it.
  const { resolvePins } = await import('./resolve-pins.ts')
  const resolved = await resolvePins(io, {
    sources,
    targets,
    read: readOptions(options),
    base: [],
    options,
    connection,
    index: `/resolve/${buildSdists ? 'upstream-sdists' : 'upstream'}/${terms}/`,
    token: options.token,
    hint,
  })
  return resolved ? [...sources, resolved] : sources
}

/** The upstreams as the path of the server's index for resolvers names them. Throws `usage`. */
function segmentOf(indexes: readonly string[], { fromUpstream = [], minAge, allowYoung = [] }: GuardOptions): string {
  if (indexes.some((index) => new URL(index).password !== '' || new URL(index).username !== '')) {
    const detail = '--index-url with a password in it cannot be resolved against: paths are written to logs'
    throw new RegistryError(
      'usage',
      {},
      { detail, hint: 'give it to the server: firn serve --upstream, FIRN_UPSTREAM' },
    )
  }
  return writeTerms({ indexes, fromUpstream, minAge, allowYoung })
}
