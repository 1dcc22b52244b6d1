import { isRegistryError } from '../../pool/errors.ts'
import type { UpstreamClient } from '../upstream/client.ts'

/** How often firn, or what it depends on, did not do what it should. */
export interface Faults {
  internal: number
  upstreamRequests: number
  upstreamFailures: number
}

/** An upstream client that counts what is asked of an index, and what fails: also a body that breaks off. */
export function countedUpstream(upstream: UpstreamClient, faults: Faults): UpstreamClient {
  const failed = (error: unknown): never => {
    // Who went away himself says nothing about the index.
    if (isRegistryError(error, 'upstream-unavailable')) faults.upstreamFailures++
    throw error
  }
  const counted = <T>(asked: Promise<T>): Promise<T> => {
    faults.upstreamRequests++
    return asked.catch(failed)
  }
  return {
    ...upstream,
    projectFiles: (...asked) => counted(upstream.projectFiles(...asked)),
    linkedFiles: (...asked) => counted(upstream.linkedFiles(...asked)),
    download: async (...asked) => untilItFails(await counted(upstream.download(...asked)), failed),
  }
}

async function* untilItFails(
  bytes: AsyncIterable<Uint8Array>,
  failed: (error: unknown) => never,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    failed(error)
  }
}
