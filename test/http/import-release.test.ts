import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import type { Manifest, ManifestFile } from '../../pool/manifest.ts'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, upload, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const files = [
  makeWheel({ name: 'karl', version: '3.30', requires: ['zope.interface'], requiresPython: '>=3.8' }),
  { ...makeSdist({ name: 'zope.interface', version: '5.10', format: 'zip' }), filename: 'zope.interface-5.10.zip' },
  makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' }),
]

const waivers = [{ project: 'setuptools', reason: 'nothing is built here' }]

let here: TestServer
let there: TestServer
/** As the other server has printed it. */
let text: string
let manifest: Manifest
beforeAll(async () => {
  there = await startServer()
  here = await startServer()
  for (const file of files) await upload(there.url, file)
  await freeze(there.url, 'karl/3.30', 'karl==3.30\nzope.interface==5.10\nZODB3==3.9.0', { waivers })
  text = (await ask(there.url, '/index/karl/3.30/manifest.json')).text
  manifest = JSON.parse(text) as Manifest
})
afterAll(async () => {
  await cleanStop(here)
  await cleanStop(there)
})

function post(body: object): Promise<Reply> {
  const headers = { 'Content-Type': 'application/json' }
  return ask(here.url, '/api/v1/releases/import', { method: 'POST', headers, body: JSON.stringify(body) })
}

/** A manifest that differs in these fields, in its canonical form. */
function changed(fields: Record<string, unknown>): string {
  return canonicalJson({ ...manifest, ...fields } as unknown as Json)
}

function changedFile(fields: Record<string, unknown>, at = 0): string {
  return changed({ files: manifest.files.map((file, index) => (index === at ? { ...file, ...fields } : file)) })
}

const problem = (...messages: readonly unknown[]) => ({
  code: 'manifest-invalid',
  problems: messages.map((message) => expect.objectContaining({ message }) as unknown),
})

describe('a manifest from elsewhere', () => {
  const [long, digest] = ['x'.repeat(3000), 'A'.repeat(64)]
  it.each<readonly [string, () => string, object]>([
    ['is no JSON', () => text.slice(1), problem(expect.stringMatching(/^it is no JSON: /))],
    ['is no object', () => '[]', problem(expect.stringContaining('the manifest: Invalid input'))],
    ['is of another schema', () => changed({ schema: 'firn-release/9' }), problem(expect.stringMatching(/^schema: /))],
    ['has fields that nobody knows', () => changed({ more: 1 }), problem(expect.stringMatching(/"more"/))],
    [
      'has a name of the prototype',
      () => `{"__proto__":{},${text.slice(1)}`,
      problem(expect.stringMatching(/"__proto__"/)),
    ],
    ['is not canonical', () => `${text} `, problem(expect.stringContaining('not in canonical form'))],
    [
      'says a thing twice',
      () => `{"base":null,${text.slice(1)}`,
      problem(expect.stringContaining('not in canonical form')),
    ],
    [
      'names its release with ..',
      () => changed({ release: '..' }),
      problem(expect.stringContaining('Release name is not valid')),
    ],
    [
      'names its base with ..',
      () => changed({ base: { product: '..', release: '1', digest: digest.toLowerCase() } }),
      problem(expect.stringMatching(/^base: /)),
    ],
    ['has a target that is none', () => changed({ targets: ['amiga'] }), problem(expect.stringMatching(/^targets: /))],
    [
      'has a file that leads out',
      () => changedFile({ filename: '../../karl-3.30-py3-none-any.whl' }),
      problem(expect.stringContaining('Filename is not that of a distribution')),
    ],
    [
      'has a project that leads out',
      () => changedFile({ project: '../x' }),
      problem('files.0.project: is no project name in normal form'),
    ],
    [
      'has a digest that is none',
      () => changedFile({ sha256: digest }),
      problem('files.0.sha256: is no sha256 in lower-case hex'),
    ],
    [
      'has attestations that are null, which is one spelling too many for none',
      () => changedFile({ 'provenance-sha256': null }),
      problem(expect.stringMatching(/^files\.0\.provenance-sha256: /)),
    ],
    ['has a size that is none', () => changedFile({ size: -1 }), problem(expect.stringMatching(/^files\.0\.size: /))],
    [
      'has a time that is none',
      () => changedFile({ 'upload-time': 'now' }),
      problem(expect.stringMatching(/^files\.0\.upload-time: /)),
    ],
    [
      'has an endless text',
      () => changedFile({ 'requires-python': long }),
      problem(expect.stringMatching(/^files\.0\.requires-python: /)),
    ],
    [
      'has an origin that is none',
      () => changedFile({ origin: 'x y' }),
      problem(expect.stringContaining('its origin is no URL')),
    ],
    [
      'has a file of another kind',
      () => changedFile({ kind: 'egg' }),
      problem(expect.stringContaining('it is no egg')),
    ],
    [
      'has a file of another version',
      () => changedFile({ version: '3.31' }),
      problem(
        expect.stringContaining('it is no file of karl 3.31'),
        expect.stringContaining('no pin is of its version'),
      ),
    ],
    [
      'has a file twice',
      () => changed({ files: [manifest.files[0], ...manifest.files] }),
      problem('file "karl-3.30-py3-none-any.whl": it is there more than once'),
    ],
    [
      'has its files in another order',
      () => changed({ files: manifest.files.toReversed() }),
      problem('files are not in order'),
    ],
    [
      'has a pin without a file',
      () => changed({ files: manifest.files.slice(1) }),
      problem('pin "karl": it has no file'),
    ],
    [
      'has a pin twice',
      () => changed({ pins: [manifest.pins[0], ...manifest.pins] }),
      problem('pin "karl": it is there more than once'),
    ],
    [
      'has a pin whose marker is none',
      () => changed({ pins: manifest.pins.map((pin) => ({ ...pin, marker: 'x = 1' })) }),
      problem(...Array.from({ length: 3 }, () => expect.stringMatching(/^pin /) as unknown)),
    ],
  ])('is refused if it %s', async (_, make, expected) => {
    const reply = await post({ manifest: make() })
    expect([reply.status, json(reply)]).toEqual([422, expect.objectContaining(expected)])
  })

  it('has all that is wrong with it listed, up to a hundred', async () => {
    const pins = Array.from({ length: 150 }, () => ({ project: '..', name: '..', version: '1', marker: null }))
    const { problems } = json(await post({ manifest: changed({ pins }) })) as {
      problems: readonly { message: string }[]
    }
    expect([problems.length, problems.at(-1)?.message]).toEqual([101, 'and 50 more'])
  })
})

describe('POST /api/v1/releases/import', () => {
  it('says which files the pool does not have, and makes nothing', async () => {
    const names = manifest.files.map(({ filename }) => filename)
    const dry = await post({ manifest: text, dryRun: true })
    expect([dry.status, json(dry)]).toEqual([
      200,
      { release: 'karl/3.30', outcome: 'checked', digest: sha256(text), path: '/index/karl/3.30/', lacking: names },
    ])
    const reply = await post({ manifest: text })
    expect([reply.status, json(reply)]).toMatchObject([
      422,
      {
        code: 'import-refused',
        release: 'karl/3.30',
        problems: names.map((name) => ({ message: `${name}: the pool does not have it` })),
      },
    ])
    expect((await ask(here.url, '/index/karl/3.30/')).status).toBe(404)
  })

  it('says which files the pool has otherwise', async () => {
    for (const file of files) await upload(here.url, file)
    const [file] = manifest.files
    const cases: readonly (readonly [Partial<Record<keyof ManifestFile, unknown>>, string])[] = [
      [{ sha256: '0'.repeat(64) }, `the pool has other bytes under this name, sha256 ${file?.sha256}`],
      [
        { size: 1, 'metadata-sha256': '1'.repeat(64) },
        `the pool has size ${file?.size}, not 1, metadata-sha256 "${file?.['metadata-sha256']}", not "${'1'.repeat(64)}"`,
      ],
      [{ 'requires-python': null }, 'the pool has requires-python ">=3.8", not null'],
      [{ 'provenance-sha256': '1'.repeat(64) }, 'the pool has it without the attestations of the release'],
    ]
    for (const [fields, message] of cases) {
      const reply = await post({ manifest: changedFile(fields), dryRun: true })
      expect(json(reply)).toMatchObject({
        code: 'import-refused',
        problems: [{ message: `${file?.filename}: ${message}` }],
      })
    }
  })

  it('takes no signature that is not of this manifest', async () => {
    const envelope = (await ask(there.url, '/index/karl/3.30/manifest.json.sig')).text
    const parts = JSON.parse(envelope) as { payload: string; payloadType: string; signatures: readonly object[] }
    const [first] = parts.signatures
    const others = [
      { ...parts, payload: Buffer.from('{}').toString('base64') },
      { ...parts, payloadType: 'text/plain' },
      { ...parts, signatures: [] },
      { ...parts, signatures: [{ ...first, keyid: '../x' }] },
      { ...parts, signatures: [{ ...first, sig: 'x'.repeat(100_000) }] },
      // A key that is known here did not sign it.
      { ...parts, signatures: [{ ...first, keyid: here.store.signer.key.id }] },
    ].map((each) => JSON.stringify(each))
    for (const each of ['no JSON', '[]', ...others]) {
      const reply = await post({ manifest: text, envelope: each })
      expect([reply.status, json(reply)]).toMatchObject([
        422,
        { code: 'manifest-invalid', problems: [{ message: 'manifest.json.sig is no signature of this manifest' }] },
      ])
    }
  })

  it('takes a manifest as it is: same digest, same bytes, and notes it as an import', async () => {
    const reply = await post({ manifest: text })
    expect([reply.status, json(reply)]).toMatchObject([201, { outcome: 'imported', digest: sha256(text), lacking: [] }])
    for (const path of ['manifest.json', '', 'zope-interface/', 'requirements.txt']) {
      const [ours, theirs] = await Promise.all([here, there].map(({ url }) => ask(url, `/index/karl/3.30/${path}`)))
      expect([path, ours?.text]).toEqual([path, theirs?.text])
    }
    const events = await here.store.records.events()
    expect(events.at(-1)).toMatchObject({ verb: 'import', subject: 'karl/3.30', facts: { digest: sha256(text) } })
  })

  it('takes the same again, and refuses another of that name', async () => {
    const again = await post({ manifest: text })
    expect([again.status, json(again)]).toMatchObject([200, { outcome: 'same' }])
    const other = await post({ manifest: changed({ targets: ['cp312-win_amd64'] }) })
    expect([other.status, json(other)]).toMatchObject([
      409,
      {
        code: 'release-frozen',
        differences: [
          'target, not in the frozen release: cp312-win_amd64',
          'target, only in the frozen release: cp311-manylinux_x86_64',
        ],
      },
    ])
    const later = await post({ manifest: changed({ 'frozen-by': 'someone else' }) })
    expect([later.status, json(later)]).toMatchObject([409, { code: 'release-frozen', differences: [] }])
  })
})
