import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RegistryError } from '../pool/errors.ts'
import { compareCodePoints } from '../pool/version.ts'
import { reasonOf } from './io.ts'
import type { Pending } from './uploading.ts'

/** Whether a path is that of one attestation, as those who sign leave it beside the file: `FILE.publish.attestation`. */
export function isAttestation(path: string): boolean {
  return path.endsWith('.attestation')
}

/** A file with the attestations that lie beside it. Throws `input-unreadable` if there are none, or one is no JSON. */
export async function withAttestations(file: Pending): Promise<Pending> {
  const directory = dirname(file.path)
  const names = await readdir(directory)
  const own = names.filter((name) => name.startsWith(`${basename(file.path)}.`) && isAttestation(name))
  if (own.length === 0) throw none(file.path)
  const texts = await Promise.all(own.toSorted(compareCodePoints).map((name) => readAttestation(join(directory, name))))
  return { ...file, attestations: `[${texts.join()}]` }
}

async function readAttestation(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    JSON.parse(text)
    return text
  } catch (cause) {
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reasonOf(cause)}`, cause })
  }
}

function none(path: string): RegistryError {
  const hint = 'make them first, as pypi-attestations sign does; or upload without --attestations'
  return new RegistryError(
    'input-unreadable',
    { path },
    { detail: `there is no ${basename(path)}.*.attestation beside ${path}`, hint },
  )
}
