/** A server's releases, as it serves them: whole, and with its data edited behind its back. */
import { randomBytes } from 'node:crypto'
import { appendFile, chmod, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import type { ErrorCode } from '../../pool/errors.ts'
import type { Manifest } from '../../pool/manifest.ts'
import { releaseMessage } from '../../pool/proof/envelope.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { editDatabase } from '../support/edit-database.ts'
import { freeze } from '../support/requests.ts'
import { firn, type CommandResult, type TestServer } from '../support/server.ts'
import { aSigner } from '../support/signer.ts'
import { makeVerifier, places, sdist, startVerifiable, wheel, type Verifier } from '../support/verifying.ts'

let server: TestServer
let verifier: Verifier
let pem: string
let provoked: readonly ErrorCode[]
beforeEach(async () => {
  provoked = []
  server = await startVerifiable()
  verifier = await makeVerifier(server)
  pem = join(verifier.directory, 'firn.pem')
  await writeFile(pem, verifier.pem)
})
afterEach(async () => {
  await verifier.remove()
  await cleanStop(server, provoked)
})

const trusted = '  signed   by key KEY: trusted because the server says so; pin it with --key\n'
const checked = '  checked  3 files, 2.1 kB; 15 pages and documents\n'

const rest = `  digest   sha256:…\n${trusted}${checked}`

function wrong(problems: readonly string[], below = rest): CommandResult {
  const many = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const lines = problems.map((each) => `  ${each}\n`).join('')
  return { code: 2, stdout: `karl/3.30 of URL does not hold: ${many}\n${lines}${below}`, stderr: '' }
}

describe('a release of a server that nobody has touched', () => {
  it('holds, and says what that rests on', async () => {
    expect(await verifier.verify('karl/3.30')).toEqual({
      code: 0,
      stdout: `karl/3.30 of URL holds\n${rest}`,
      stderr: '',
    })
  })

  it('holds against a pinned key, by file or by id', async () => {
    const { id } = server.store.signer.key
    for (const key of [pem, id, id.slice(0, 12), `sha256:${id}`])
      expect(await verifier.verify('karl/3.30', '--key', key)).toEqual({
        code: 0,
        stdout: `karl/3.30 of URL holds\n  digest   sha256:…\n  signed   by key KEY: given with --key\n${checked}`,
        stderr: '',
      })
  })

  it('is said as JSON for programs', async () => {
    const { stdout } = await firn(['verify', 'karl/3.30', '--json', '--key', pem], { FIRN_URL: server.url })
    const { digest } = (await server.store.records.release({ product: 'karl', release: '3.30' })) ?? {}
    expect(JSON.parse(stdout)).toEqual({
      release: 'karl/3.30',
      place: server.url,
      holds: true,
      digest,
      signers: [server.store.signer.key.id],
      unproven: [],
      pinned: true,
      base: null,
      files: 3,
      bytes: expect.any(Number) as number,
      pages: 15,
      problems: [],
    })
  })

  it('is known by the URL that it is asked by, unless it is told another', async () => {
    const named = ['pylock.toml', 'versions.cfg'].map(
      (name) => `  index/karl/3.30/${name} names URL/, not https://python.example/\n`,
    )
    expect(await verifier.verify('karl/3.30', '--base-url', 'https://python.example')).toEqual({
      code: 2,
      stdout: `karl/3.30 of URL does not hold: 2 problems\n${named.join('')}    if that is where it is served, say so with --base-url\n${rest}`,
      stderr: '',
    })
  })
})

describe('what firn verify finds at a server', () => {
  it('bytes of the pool that are others, fewer, or not there any more', async () => {
    const bytes = await readFile(pathOf(places.wheel))
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
    await rewrite(pathOf(places.wheel), bytes)
    await chmod(pathOf(places.sdist), 0o644)
    await truncate(pathOf(places.sdist), 10)
    await rm(pathOf(places.egg))
    expect(await verifier.verify('karl/3.30')).toEqual(
      wrong([
        `pool/${places.wheel} holds other bytes: sha256 …, not …`,
        `pool/${places.egg} cannot be read: A file of the pool is missing from storage`,
        `pool/${places.sdist} has 10 bytes, not ${sdist.bytes.length}`,
      ]),
    )
    provoked = ['file-missing']
  })

  it('a large file that was cut off, and none that was only added to: what is served is what it was', async () => {
    const big = ['a', 'b'].map((name) =>
      makeWheel({ name, version: '1', files: { 'big.txt': randomBytes(200_000).toString('base64') } }),
    )
    await uploadAll(server.url, big)
    await freeze(server.url, 'karl/4', 'a==1\nb==1')
    const paths = big.map(({ filename }) => `pool/${filename.slice(0, 1)}/${filename}`)
    const [longer = '', shorter = ''] = paths.map((path) => join(server.data, path))
    for (const path of [longer, shorter]) await chmod(path, 0o644)
    await appendFile(longer, 'more'.repeat(1000))
    await truncate(shorter, 150_000)
    const { code, stdout } = await verifier.verify('karl/4')
    expect([code, stdout.split('\n').slice(0, 3)]).toEqual([
      2,
      [
        'karl/4 of URL does not hold: 1 problem',
        `  ${paths[1]} cannot be read: the server breaks off before its end`,
        '  digest   sha256:…',
      ],
    ])
    provoked = ['file-missing']
  })

  it('metadata beside a wheel that is other', async () => {
    editDatabase(server.data, (database) => {
      database
        .prepare(
          'update metadata set bytes = ? where sha256 = (select metadata_sha256 from distributions where filename = ?)',
        )
        .run(Buffer.from('Name: other\n'), wheel.filename)
    })
    expect(await verifier.verify('karl/3.30')).toEqual(
      wrong([`pool/${places.wheel}.metadata holds other bytes: sha256 …, not …`]),
    )
  })

  it('a manifest that was edited, and what else was made from it', async () => {
    editManifest((text) => text.replace('"3.30"', '"3.30" '))
    expect(await verifier.verify('karl/3.30')).toEqual(
      wrong(
        [
          'index/karl/3.30/manifest.json is no manifest: the manifest is not in canonical form (RFC 8785)',
          'index/karl/3.30/manifest.json.sig has a signature that is not one of key KEY',
        ],
        '  checked  nothing else: there is no manifest to hold it against\n',
      ),
    )
  })

  it('a manifest that was edited into another one in canonical form, by who has no key', async () => {
    editManifest((text) =>
      canonicalJson({ ...(JSON.parse(text) as Manifest), 'frozen-by': 'nobody' } as unknown as Json),
    )
    const pages = ['index.html', 'index.json', 'karl/index.html', 'karl/index.json', 'requirements.txt']
    const { code, stdout } = await verifier.verify('karl/3.30')
    expect([code, stdout]).toEqual([
      2,
      expect.stringContaining('  index/karl/3.30/manifest.json.sig has a signature that is not one of key KEY\n'),
    ])
    for (const page of pages)
      expect(stdout).toContain(`  index/karl/3.30/${page} is not what the manifest makes of it\n`)
    expect(stdout).toContain('  index/karl/3.30/ is said to have the digest sha256:…, but its manifest has sha256:…\n')
    expect(stdout).toContain('  index/karl/3.30/sbom.cdx.json is that of a release with the digest sha256:…\n')
  })

  it('the signature of another release', async () => {
    editDatabase(
      server.data,
      `update release_signatures set signature = (select signature from release_signatures where release = '3.29') where release = '3.30'`,
    )
    expect(await verifier.verify('karl/3.30')).toEqual(
      wrong(
        ['index/karl/3.30/manifest.json.sig has a signature that is not one of key KEY'],
        `  digest   sha256:…\n${checked}`,
      ),
    )
  })

  it('a release that was made anew by who has another key, where the right one is pinned', async () => {
    const other = aSigner()
    editDatabase(server.data, (database) => {
      const { manifest } = database.prepare(`select manifest from releases where release = '3.30'`).get() as {
        manifest: string
      }
      database
        .prepare(`update release_signatures set key = ?, signature = ? where release = '3.30'`)
        .run(other.key.id, other.sign(releaseMessage(manifest)))
      database.prepare('insert into signing_keys values (?, ?, ?)').run(other.key.id, other.key.pem, '2026-01-01')
    })
    const short = other.key.id.slice(0, 16)
    expect((await verifier.verify('karl/3.30')).stdout).toContain(
      `  signed   by key ${short}: trusted because the server says so; pin it with --key\n`,
    )
    expect(await verifier.verify('karl/3.30', '--key', pem)).toEqual(
      wrong(
        [`index/karl/3.30/manifest.json.sig is signed with key ${short}, which is not one that is trusted`],
        `  digest   sha256:…\n  signed   by key ${short}, which nothing here vouches for\n${checked}`,
      ),
    )
  })

  it('a release that is not signed', async () => {
    editDatabase(server.data, `delete from release_signatures where release = '3.30'`)
    expect(await verifier.verify('karl/3.30')).toEqual(
      wrong(['index/karl/3.30/manifest.json.sig is not signed'], `  digest   sha256:…\n${checked}`),
    )
  })
})

function editManifest(edit: (text: string) => string): void {
  editDatabase(server.data, (database) => {
    const { manifest } = database.prepare(`select manifest from releases where release = '3.30'`).get() as {
      manifest: string
    }
    database.prepare(`update releases set manifest = ? where release = '3.30'`).run(edit(manifest))
  })
}

function pathOf(place: string): string {
  return join(server.data, 'pool', place)
}

async function rewrite(path: string, bytes: Buffer): Promise<void> {
  await chmod(path, 0o644)
  await writeFile(path, bytes)
}

it('refuses what it cannot look at', async () => {
  expect(await verifier.verify('karl/9.9')).toEqual({
    code: 66,
    stdout: '',
    stderr: 'error: No such release: karl/9.9\nhint: what there is: firn releases karl\n',
  })
  expect(await verifier.verify()).toEqual({
    code: 64,
    stdout: '',
    stderr: 'error: Command is not valid: name a release, an export or a bundle\nhint: firn verify --help\n',
  })
  expect(await verifier.verify('pool/proof')).toEqual({
    code: 66,
    stdout: '',
    stderr: 'error: No such release: pool/proof\nhint: for what lies here: firn verify ./pool/proof\n',
  })
})
