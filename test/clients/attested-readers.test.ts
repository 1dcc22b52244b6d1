/** What PyPI has taken, firn takes; and what firn serves, pypi-attestations believes as it believes PyPI (PEP 740). */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { attestationsOf } from '../../pool/attestations/provenance.ts'
import { buildType, publishType } from '../support/attestation.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { freeze, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { readProvenance, realSamples, type ReadProvenance, type Sample } from './attested-readers.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

/** What PyPI, and who signed, says of each file; it was published from where its certificate says. */
const published: ReadProvenance = {
  'circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl': [
    {
      publisher: {
        kind: 'CircleCI',
        project_id: 'fdd9283f-e619-46af-8f9c-851f7d3e8b2b',
        pipeline_definition_id: '8e4f8ab2-8d7c-4827-9f15-de076d6d647f',
        vcs_origin: 'github.com/CircleCI-Public/sign-and-publish-examples',
        vcs_ref: 'refs/heads/pypi',
      },
      types: [publishType],
    },
  ],
  'gcb_attestation_test-0.0.0.tar.gz': [
    {
      publisher: { kind: 'Google', email: '919436158236-compute@developer.gserviceaccount.com' },
      types: [publishType],
    },
  ],
  'gitlab_oidc_project-0.0.3.tar.gz': [
    {
      publisher: {
        kind: 'GitLab',
        repository: 'facutuesca/gitlab-oidc-project',
        workflow_filepath: '.gitlab-ci.yml',
        environment: null,
      },
      types: [publishType],
    },
  ],
  'pypi_attestations-0.0.19.tar.gz': [
    {
      publisher: {
        kind: 'GitHub',
        repository: 'trailofbits/pypi-attestations',
        workflow: 'release.yml',
        environment: null,
      },
      types: [publishType, buildType],
    },
  ],
}
const projects = ['circleci-sign-publish-example', 'gcb-attestation-test', 'gitlab-oidc-project', 'pypi-attestations']
/** By what the files are built with, and by pypi-attestations. */
const needed = [
  'flit-core',
  'setuptools',
  'cryptography',
  'packaging',
  'pyasn1',
  'pydantic',
  'sigstore',
  'sigstore-protobuf-specs',
]

let server: TestServer
let samples: readonly Sample[]
beforeAll(async () => {
  server = await startServer()
  samples = (await realSamples()).filter(({ filename }) => filename in published)
})
afterAll(() => cleanStop(server))

/** The attestations that were made of a file; those that PyPI serves, where they are all there is. */
function attestationsFor({ beside }: Sample): string {
  const made = ['.publish.attestation', '.slsa.attestation'].flatMap((suffix) => beside[suffix] ?? [])
  return made.length > 0 ? `[${made.join()}]` : attestationsOf(beside['.provenance'] ?? '')
}

it('takes the attestations of every kind of publisher that PyPI knows', async () => {
  for (const sample of samples) {
    const reply = await upload(server.url, sample, { attestations: attestationsFor(sample) })
    expect([sample.filename, reply.status, reply.text]).toEqual([sample.filename, 200, expect.any(String)])
  }
  expect(samples.map(({ filename }) => filename).toSorted()).toEqual(Object.keys(published).toSorted())
})

it('serves what pypi-attestations verifies to be of the publisher that firn names, and PyPI too', async () => {
  const [html, json] = await readProvenance(`${server.url}/simple/`, 'verify', projects)
  expect(html).toEqual(published)
  expect(json).toEqual(published)
})

it('serves the same from a frozen index, whose pages name no host: JSON has a key of its own for that', async () => {
  const versions = ['0.0.1.dev137', '0.0.0', '0.0.3', '0.0.19']
  const pins = projects.map((project, at) => `${project}==${versions[at]}`)
  const waivers = needed.map((project) => ({ project, reason: 'nothing is installed here' }))
  const unnamed = Object.fromEntries(Object.keys(published).map((filename) => [filename, null]))
  const reply = await freeze(server.url, 'signed/1', pins.join('\n'), { waivers })
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)])
  expect(await readProvenance(`${server.url}/index/signed/1/`, 'verify', projects)).toEqual([published, unnamed])
})
