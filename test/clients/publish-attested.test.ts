/** Uploads that bring attestations (PEP 740), as twine and uv send them. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { attestationOf } from '../support/attestation.ts'
import { sha256 } from '../support/catalogue.ts'
import { toolEnvironment } from '../support/python.ts'
import { ask, json } from '../support/requests.ts'
import { recordingProxy, type RecordingProxy } from './recording-proxy.ts'
import { makeWorkplace, pinnedUv, writeFiles, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let place: Workplace
let recording: RecordingProxy
beforeAll(async () => {
  place = await makeWorkplace()
  recording = await recordingProxy(place.url, (body) => body)
})
afterAll(() => Promise.all([place.stop(), recording.stop()]))

interface Uploader {
  readonly name: string
  readonly command: () => Promise<string>
  readonly args: (url: string, files: readonly string[]) => readonly string[]
}

const uploaders: readonly Uploader[] = [
  {
    name: 'twine',
    command: async () => (await toolEnvironment('twine', ['twine==7.0.0'])).bin('twine'),
    args: (url, files) => [
      'upload',
      '--attestations',
      '--non-interactive',
      '--disable-progress-bar',
      `--repository-url=${url}`,
      '--username=__token__',
      '--password=none',
      ...files.flatMap((file) => [file, `${file}.publish.attestation`]),
    ],
  },
  {
    name: 'uv',
    command: pinnedUv,
    args: (url, files) => [
      'publish',
      `--publish-url=${url}`,
      '--trusted-publishing=never',
      '--token=none',
      ...files,
      ...files.map((file) => `${file}.publish.attestation`),
    ],
  },
]

/** The files in a directory, each with its attestation beside it; their paths. */
async function attested(name: string, files: readonly Built[]): Promise<readonly string[]> {
  const dist = await writeFiles(await place.directory(name), files)
  const beside = files.map((file) => [`${file.filename}.publish.attestation`, attestationOf(file)] as const)
  await Promise.all(beside.map(([filename, content]) => writeFile(join(dist, filename), JSON.stringify(content))))
  return files.map(({ filename }) => join(dist, filename))
}

it.each(uploaders)('$name uploads a wheel and an sdist with their attestations', async ({ name, command, args }) => {
  const about = { name: `attested-${name}`, version: '1.0' }
  const files = [makeWheel(about), makeSdist(about)]
  await place.client(await command(), args(`${recording.url}/legacy/`, await attested(name, files)))
  const sent = recording.takeUploads().map(({ fields }) => JSON.parse(fields.get('attestations')?.[0] ?? '') as unknown)
  expect(sent).toEqual(files.map((file) => [attestationOf(file)]))
  const served = await Promise.all(files.map(({ filename }) => ask(place.url, `/pool/${about.name}/${filename}`)))
  expect(served.map(({ body }) => sha256(body))).toEqual(files.map(({ bytes }) => sha256(bytes)))
  const beside = await Promise.all(
    files.map(({ filename }) => ask(place.url, `/pool/${about.name}/${filename}.provenance`)),
  )
  expect(beside.map(json)).toMatchObject(
    files.map((file) => ({ version: 1, attestation_bundles: [{ attestations: [attestationOf(file)] }] })),
  )
})

it('reaches nothing but the server', () => {
  expect(place.strayed).toEqual([])
  expect(place.server.internalErrors).toEqual([])
})
