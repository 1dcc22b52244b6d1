import type { ErrorCode } from '../../pool/errors.ts'
import type { TestServer } from './server.ts'

/** Stops a server; throws if it took anything for its own fault but what the tests provoked, in that order. */
export async function cleanStop(server: TestServer, provoked: readonly ErrorCode[] = []): Promise<void> {
  await server.stop()
  const codes = server.internalErrors.map(({ code }) => code)
  if (codes.join() === provoked.join()) return
  throw new Error(`the server failed: ${codes.join()}`, { cause: server.internalErrors[0]?.cause })
}
