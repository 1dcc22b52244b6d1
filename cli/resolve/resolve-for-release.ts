import { splitReleaseName } from '../../pool/release-name.ts'
import type { Source } from '../../pool/pins/pin.ts'
import { showRelease } from '../calls/questions.ts'
import type { Connection } from '../connection.ts'
import type { Io } from '../io.ts'
import { readOptions, type PinOptions } from '../pin-options.ts'
import type { ServerOptions } from '../server-options.ts'
import { isResolving, type ResolverOptions } from './resolver-options.ts'

interface ForRelease {
  readonly sources: readonly Source[]
  /** None: those of the base. */
  readonly targets: readonly string[]
  readonly options: ServerOptions & PinOptions & ResolverOptions & { readonly base?: string }
}

const hint =
  'bring what is lacking into the pool: firn fetch --resolve with the same arguments; or change what is asked for. ' +
  'What states its dependencies only in code can be asked by running that, with --build-sdists'

/** With `--resolve`, one more source of a release: what uv chose from the pool. Throws what `resolvePins` throws. */
export async function resolveForRelease(
  io: Io,
  connection: Connection,
  { sources, targets, options }: ForRelease,
): Promise<readonly Source[]> {
  if (!isResolving(options) || sources.length === 0) return []
  const base = options.base === undefined ? undefined : await showRelease(connection, splitReleaseName(options.base))
  // What reads pins takes its time to load; who resolves nothing goes without it.
  const { resolvePins } = await import('./resolve-pins.ts')
  const resolved = await resolvePins(io, {
    sources,
    targets: targets.length > 0 ? targets : (base?.manifest.targets ?? []),
    read: readOptions(options),
    base: base?.manifest.pins ?? [],
    options,
    connection,
    // What builds sdists needs their bytes.
    index: options.buildSdists === true ? '/simple/' : '/resolve/pool/',
    token: options.token,
    hint,
  })
  return resolved ? [resolved] : []
}
