import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { printEnvelope, releaseMessage } from '../../pool/proof/envelope.ts'
import type { Signer } from '../../storage/signing-key.ts'
import { makeEgg, makeSdist, makeWheel } from './archives.ts'
import { uploadAll } from './catalogue.ts'
import { freeze } from './requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from './server.ts'

export const wheel = makeWheel({ name: 'karl', version: '3.30', requires: ['zope.interface'] })
export const sdist = {
  ...makeSdist({ name: 'zope.interface', version: '5.10' }),
  filename: 'zope.interface-5.10.tar.gz',
}
export const egg = makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' })

/** Where they lie in a pool. */
export const places = {
  wheel: `karl/${wheel.filename}`,
  sdist: `zope-interface/${sdist.filename}`,
  egg: `zodb3/${egg.filename}`,
} as const

const waivers = [{ project: 'setuptools', reason: 'nothing is built here' }]

/** A server with `karl/3.30` of three files, and `karl/3.29` of one of them; `FIRN_URL` is where it is. */
export async function startVerifiable(): Promise<TestServer> {
  const server = await startServer()
  await uploadAll(server.url, [wheel, sdist, egg])
  await freeze(server.url, 'karl/3.29', 'ZODB3==3.9.0')
  await freeze(server.url, 'karl/3.30', 'karl==3.30\nzope.interface==5.10\nZODB3==3.9.0', { waivers })
  return server
}

export interface Verifier {
  readonly directory: string
  /** Runs `firn verify`; the server is shown as `URL`, the directory as `DIR`, its key as `KEY`, digests as `…`. */
  readonly verify: (...argv: readonly string[]) => Promise<CommandResult>
  /** The PEM of the server's key. */
  readonly pem: string
  readonly remove: () => Promise<void>
}

export async function makeVerifier({ url, store }: TestServer): Promise<Verifier> {
  const directory = await temporaryDirectory()
  const { id } = store.signer.key
  const shown = (text: string) =>
    text
      .replaceAll(url, 'URL')
      .replaceAll(directory, 'DIR')
      .replaceAll(id, 'KEYID')
      .replaceAll(id.slice(0, 16), 'KEY')
      .replaceAll(/[0-9a-f]{64}/g, '…')
  return {
    directory,
    pem: store.signer.key.pem,
    async verify(...argv) {
      const { code, stdout, stderr } = await firn(['verify', ...argv], { FIRN_URL: url })
      return { code, stdout: shown(stdout), stderr: shown(stderr) }
    },
    remove: () => rm(directory, { recursive: true }),
  }
}

/** `firn export --all` into a directory, and `firn bundle` of `karl/3.30`. */
export async function writeBoth(url: string, directory: string): Promise<{ tree: string; bundle: string }> {
  const [tree, bundle] = [join(directory, 'tree'), join(directory, 'karl-3.30.tar')]
  await firn(['export', '--all', tree], { FIRN_URL: url })
  await firn(['bundle', 'karl/3.30', bundle], { FIRN_URL: url })
  return { tree, bundle }
}

/** `manifest.json.sig` of a manifest by some key. */
export function envelopeBy({ key, sign }: Signer, manifest: string): string {
  return printEnvelope(manifest, [{ key: key.id, signature: sign(releaseMessage(manifest)) }])
}
