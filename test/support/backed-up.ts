import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeWheel } from './archives.ts'
import { cleanStop } from './clean-stop.ts'
import { freeze, json, upload } from './requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from './server.ts'

export const karl = makeWheel({ name: 'karl', version: '3.30' })
export const lxml = makeWheel({ name: 'lxml', version: '4.9' })

export type Line = Readonly<Record<string, unknown>>

/** A server with two files and a release, and where its backup goes. */
export interface BackedUp {
  readonly server: TestServer
  /** Of the test; everything but the server's data is below it. */
  readonly directory: string
  readonly to: string
  /** `firn store backup` of the server's data. */
  readonly backup: (...argv: readonly string[]) => Promise<CommandResult>
  /** The same with `--json`: what was told but its progress. */
  readonly lines: (...argv: readonly string[]) => Promise<readonly Line[]>
  /** Without instants, sizes of the database and paths of this test. */
  readonly general: (text: string) => string
  readonly remove: () => Promise<void>
}

export async function startBackedUp(): Promise<BackedUp> {
  const directory = await temporaryDirectory()
  const to = join(directory, 'backup')
  const server = await startServer()
  for (const file of [karl, lxml]) await upload(server.url, file)
  await freeze(server.url, 'karl/3.30', 'karl==3.30')
  const backup = (...argv: readonly string[]) => firn(['store', 'backup', to, ...argv], { FIRN_DATA: server.data })
  return {
    server,
    directory,
    to,
    backup,
    lines: async (...argv) => toldIn(await backup('--json', ...argv)),
    general: (text) =>
      text
        .replaceAll(directory, 'DIR')
        .replaceAll(server.data, 'DATA')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
        .replaceAll(/database \([^)]*\)/g, 'database (SIZE)')
        .replaceAll(server.store.signer.key.id.slice(0, 16), 'KEY'),
    async remove() {
      await cleanStop(server)
      await rm(directory, { recursive: true })
    },
  }
}

function toldIn({ stdout }: CommandResult): readonly Line[] {
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((text) => json({ text }) as Line)
  return lines.filter(({ event }) => event !== 'progress' && event !== 'plan')
}
