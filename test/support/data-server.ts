import { cleanStop } from './clean-stop.ts'
import { startServer, type TestServer } from './server.ts'

/** Serves a data directory while `work` goes on; what the server takes for its own fault fails the test. */
export async function withServer<T>(data: string, work: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startServer({ data })
  try {
    return await work(server)
  } finally {
    await cleanStop(server)
  }
}
