import { stat } from 'node:fs/promises'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { listKeys } from '../calls/proof.ts'
import { connect, type Connection } from '../connection.ts'
import { reasonOf, type Io } from '../io.ts'
import { isKeyId, trustedKeys, type Trust } from '../keys.ts'
import { progress } from '../progress.ts'
import type { ServerOptions } from '../server-options.ts'
import { bundlePlace } from './bundle-place.ts'
import { describePlace, describeVerified } from './describe-verified.ts'
import { directoryPlace } from './directory-place.ts'
import type { Place } from './place.ts'
import { serverPlace } from './server-place.ts'
import { verifyPlace } from './verify-place.ts'
import { verifyRelease, type Verified } from './verify-release.ts'

export interface VerifyOptions extends ServerOptions {
  readonly key?: readonly string[]
  readonly baseUrl?: string
}

/** What is to be verified: a release of the server; or all releases, or one, of an export or a bundle at a path. */
export type Asked =
  { readonly name: ReleaseName; readonly path?: string } | { readonly name?: undefined; readonly path: string }

/** `firn verify`. Returns whether everything holds. */
export async function runVerify(asked: Asked, options: VerifyOptions, io: Io): Promise<boolean> {
  const connection = connect(options)
  const place = asked.path === undefined ? serverPlace(connection, io.signal) : await placeAt(asked.path)
  try {
    const names = releasesAsked(asked, place)
    const trust = await trustIn(place, options.key ?? [], connection)
    return await verifyAll({ place, names, trust, asked }, options, io)
  } finally {
    await place.close()
  }
}

/** Throws `input-unreadable`. */
async function placeAt(path: string): Promise<Place> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reasonOf(cause)}`, cause })
  })
  return status.isDirectory() ? directoryPlace(path) : bundlePlace(path)
}

/** Throws `release-unknown`; if there is no release at all `bundle-invalid` of a damaged bundle, else `input-unreadable`. */
function releasesAsked({ name, path = '' }: Asked, { listing }: Place): readonly ReleaseName[] {
  const there = listing?.releases ?? []
  if (name && (!listing || there.some(({ product, release }) => product === name.product && release === name.release)))
    return [name]
  if (name) {
    const release = printReleaseName(name)
    const hint = `what it holds: ${there.map(printReleaseName).slice(0, 10).join(', ') || 'no release'}`
    throw new RegistryError('release-unknown', { release, path }, { detail: `${path} has no ${release}`, hint })
  }
  const [damage] = listing?.problems ?? []
  if (there.length > 0) return there
  const hint = 'name a release as PRODUCT/RELEASE, or what firn export or firn bundle has written'
  if (damage?.path === path)
    throw new RegistryError('bundle-invalid', { path }, { detail: `${path} ${damage.message}`, hint })
  const detail = `${path} holds no release`
  throw new RegistryError('input-unreadable', { path }, { detail, hint })
}

/** A server is asked for its keys. What lies here states none: one that is named by its id alone, the server knows. */
async function trustIn(
  { listing }: Place,
  named: readonly string[],
  connection: Connection,
): Promise<Trust | undefined> {
  if (listing && named.length === 0) return undefined
  return trustedKeys(named, !listing || named.some(isKeyId) ? await listKeys(connection) : [])
}

interface Verification {
  readonly place: Place
  readonly names: readonly ReleaseName[]
  readonly trust: Trust | undefined
  readonly asked: Asked
}

async function verifyAll(
  { place, names, trust, asked }: Verification,
  options: VerifyOptions,
  io: Io,
): Promise<boolean> {
  const { signal } = io
  const bar = progress(io)
  let total = 0
  const onStart = (more: number) => bar.start((total += more))
  const verifying = { place, keys: trust?.keys, base: options.baseUrl, bar, signal, known: new Map(), onStart }
  const verified: Verified[] = []
  try {
    for (const name of names) {
      const outcome = await verifyRelease(verifying, name).catch((error: unknown) => hinted(error, name))
      verified.push(outcome)
      bar.line(describeVerified(outcome, { place: place.name, trust, json: options.json === true }))
    }
    const { listing } = place
    const besides =
      listing && asked.name === undefined ? await verifyPlace(place, listing, verified) : (listing?.problems ?? [])
    if (besides.length > 0) bar.line(describePlace(besides, { place: place.name, json: options.json === true }))
    return [...verified.flatMap(({ problems }) => problems), ...besides].length === 0
  } finally {
    bar.stop()
  }
}

/** A path of two parts was taken for a release of the server. */
async function hinted(error: unknown, name: ReleaseName): Promise<never> {
  const path = printReleaseName(name)
  if (!isRegistryError(error, 'release-unknown') || !(await stat(path).catch(() => undefined))) throw error
  const hint = `for what lies here: firn verify ./${path}`
  throw new RegistryError('release-unknown', error.facts, { detail: path, hint, cause: error })
}
