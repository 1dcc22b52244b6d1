/** Releases as firn export and firn bundle have written them, proven without their server; and edited. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import type { Manifest } from '../../pool/manifest.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, type CommandResult, type TestServer } from '../support/server.ts'
import { aSigner } from '../support/signer.ts'
import { envelopeBy, makeVerifier, places, startVerifiable, writeBoth, type Verifier } from '../support/verifying.ts'

let server: TestServer
let verifier: Verifier
let written: { readonly tree: string; readonly bundle: string }
let pem: string
let tree: string
beforeAll(async () => {
  server = await startVerifiable()
  verifier = await makeVerifier(server)
  written = await writeBoth(server.url, verifier.directory)
  pem = join(verifier.directory, 'firn.pem')
  tree = join(verifier.directory, 'edited')
  await writeFile(pem, verifier.pem)
})
beforeEach(() => cp(written.tree, tree, { recursive: true }))
afterEach(() => rm(tree, { recursive: true }))
afterAll(async () => {
  await verifier.remove()
  await cleanStop(server)
})

const given = '  signed   by key KEY: given with --key\n'
const unproven = '  signed   by key KEY, which nothing here vouches for: prove it with --key\n'
const checked = '  checked  3 files, 2.1 kB; 19 pages and documents\n'
const digest = '  digest   sha256:…\n'

const below = 'index/karl/3.30'
const at = (path: string) => join(tree, path)

/** `firn verify karl/3.30` of the edited tree, against the key. */
function verify(...argv: readonly string[]): Promise<CommandResult> {
  return verifier.verify('karl/3.30', '--in', tree, ...(argv.length > 0 ? argv : ['--key', pem]))
}

function wrong(problems: readonly string[], rest = digest + given + checked): CommandResult {
  const many = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const lines = problems.map((each) => `  ${each}\n`).join('')
  return { code: 2, stdout: `karl/3.30 of DIR/edited does not hold: ${many}\n${lines}${rest}`, stderr: '' }
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(at(path), change(await readFile(at(path), 'utf8')))
}

/** The manifest with a field changed, in its one spelling. */
function changed(text: string, fields: Partial<Manifest>): string {
  return canonicalJson({ ...(JSON.parse(text) as Manifest), ...fields } as unknown as Json)
}

describe('an export', () => {
  it('holds, all its releases, against a key', async () => {
    expect(await verifier.verify(tree, '--key', pem)).toEqual({
      code: 0,
      stdout:
        `karl/3.29 of DIR/edited holds\n${digest}${given}  checked  1 file, 816 B; 13 pages and documents\n` +
        `karl/3.30 of DIR/edited holds\n${digest}${given}${checked}`,
      stderr: '',
    })
  })

  it('holds by its own manifest where no key is given, and says who is not proven', async () => {
    expect(await verifier.verify('karl/3.30', '--in', tree)).toEqual({
      code: 0,
      stdout: `karl/3.30 of DIR/edited holds by its own manifest\n${digest}${unproven}${checked}`,
      stderr: '',
    })
    const { stdout } = await firn(['verify', tree, '--json'], { FIRN_URL: server.url })
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    const key = server.store.signer.key.id
    expect(lines).toMatchObject([
      { release: 'karl/3.29', holds: true, signers: [], unproven: [key], pinned: false, files: 1, pages: 13 },
      { release: 'karl/3.30', holds: true, signers: [], unproven: [key], pinned: false, files: 3, pages: 19 },
    ])
  })

  it('needs no server, but to know a key by its id', async () => {
    const { id } = server.store.signer.key
    const alone = await firn(['verify', tree, '--key', pem], { FIRN_URL: 'http://127.0.0.1:9' })
    expect(alone.code).toBe(0)
    expect((await verify('--key', id)).code).toBe(0)
    const unknown = await firn(['verify', tree, '--key', id], { FIRN_URL: 'http://127.0.0.1:9' })
    expect([unknown.code, unknown.stdout]).toEqual([69, ''])
  })

  it('may name where it is served: by itself, or as it is told', async () => {
    const named = join(verifier.directory, 'named')
    await firn(['export', 'karl/3.30', named, '--base-url', 'https://python.example/karl'], { FIRN_URL: server.url })
    const holds = `karl/3.30 of DIR/named holds\n${digest}${given}${checked}`
    const said = '  named    https://python.example/karl/ in its documents; pin it with --base-url\n'
    expect((await verifier.verify(named, '--key', pem)).stdout).toBe(`${holds}${said}`)
    const told = ['--base-url', 'https://python.example/karl/']
    expect((await verifier.verify(named, '--key', pem, ...told)).stdout).toBe(holds)
    const other = await verifier.verify(named, '--key', pem, '--base-url', 'https://other.example')
    expect([other.code, other.stdout.split('\n')[1]]).toEqual([
      2,
      `  ${below}/pylock.toml names https://python.example/karl/, not https://other.example/`,
    ])
  })
})

describe('what firn verify finds in an export', () => {
  it('a page that was edited, one that is missing, one that is too many, and a real name that leads elsewhere', async () => {
    await edit(`${below}/karl/index.html`, (text) => text.replace('sha256=', 'sha256=0'))
    await edit(`${below}/ZODB3/index.json`, (text) => `${text} `)
    await edit(`${below}/requirements.txt`, (text) => text.replace('karl==3.30', 'karl==3.31'))
    await rm(at(`${below}/zope-interface/index.json`))
    await mkdir(at(`${below}/evil`))
    await writeFile(at(`${below}/evil/index.html`), 'evil')
    expect(await verify()).toEqual(
      wrong([
        `${below}/ZODB3/index.json is not what the manifest makes of it`,
        `${below}/evil/index.html is no file of this release`,
        `${below}/karl/index.html is not what the manifest makes of it`,
        `${below}/requirements.txt is not what the manifest makes of it`,
        `${below}/zope-interface/index.json is missing`,
      ]),
    )
  })

  it('a byte of a file, metadata that is other, a file that is a directory, and one that is not there', async () => {
    const bytes = await readFile(at(`pool/${places.wheel}`))
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
    await writeFile(at(`pool/${places.wheel}`), bytes)
    await writeFile(at(`pool/${places.wheel}.metadata`), 'Name: other\n')
    await rm(at(`pool/${places.egg}`))
    await rm(at(`pool/${places.sdist}`))
    await mkdir(at(`pool/${places.sdist}`))
    expect(await verify()).toEqual(
      wrong([
        `pool/${places.wheel} holds other bytes: sha256 …, not …`,
        `pool/${places.wheel}.metadata holds other bytes: sha256 …, not …`,
        `pool/${places.egg} is missing`,
        `pool/${places.sdist} cannot be read: it is no file`,
      ]),
    )
  })

  it('a file that was added to', async () => {
    await writeFile(at(`pool/${places.egg}`), 'x'.repeat(5_000_000))
    expect(await verify()).toEqual(wrong([`pool/${places.egg} has more than 816 bytes`]))
  })

  it('documents that name another host than the rest, and a bill of materials of another release', async () => {
    await edit(`${below}/versions.cfg`, (text) =>
      text.replace('versions = versions', 'index = http://evil/index/karl/3.30/\nversions = versions'),
    )
    await cp(at('index/karl/3.29/sbom.cdx.json'), at(`${below}/sbom.cdx.json`))
    const { code, stdout } = await verify()
    expect([code, stdout.split('\n').slice(0, 4)]).toEqual([
      2,
      [
        'karl/3.30 of DIR/edited does not hold: 3 problems',
        `  ${below}/pylock.toml is not what the manifest makes of it`,
        `  ${below}/sbom.cdx.json is that of a release with the digest sha256:…`,
        `  ${below}/versions.cfg is not what the manifest makes of it`,
      ],
    ])
  })

  it('a manifest that was edited: what was signed counts', async () => {
    await edit(`${below}/manifest.json`, (text) => text.replace('"size":', '"size": '))
    expect(await verify()).toEqual(wrong([`${below}/manifest.json is not the manifest that was signed`]))
  })

  it('a manifest that was edited into another in canonical form', async () => {
    await edit(`${below}/manifest.json`, (text) => changed(text, { targets: [] }))
    const differs = 'target, only in the frozen release: cp311-manylinux_x86_64'
    expect(await verify()).toEqual(wrong([`${below}/manifest.json is not the manifest that was signed: ${differs}`]))
    const { code, stdout } = await verify('--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { holds: false, signers: [] }])
    expect(stdout).toContain(`{"path":"${below}/manifest.json.sig","message":"is the signature of another manifest"}`)
  })

  it('a manifest that is gone, or is that of another release', async () => {
    await rm(at(`${below}/manifest.json`))
    expect(await verify()).toEqual(wrong([`${below}/manifest.json is missing`]))
    await rm(at(`${below}/manifest.json.sig`))
    const nothing = '  checked  nothing else: there is no manifest to hold it against\n'
    expect(await verify()).toEqual(
      wrong([`${below}/manifest.json is missing`, `${below}/manifest.json.sig is missing`], nothing),
    )
    for (const name of ['manifest.json', 'manifest.json.sig'])
      await cp(at(`index/karl/3.29/${name}`), at(`${below}/${name}`))
    expect(await verify()).toEqual(
      wrong([`${below}/manifest.json is the manifest of karl/3.29, not of karl/3.30`], nothing),
    )
  })

  it('the signature of another release', async () => {
    await cp(at('index/karl/3.29/manifest.json.sig'), at(`${below}/manifest.json.sig`))
    const message = `${below}/manifest.json.sig is the signature of karl/3.29, not of karl/3.30`
    expect(await verify()).toEqual(wrong([message]))
    expect((await verify('--json')).stdout).toContain('is the signature of karl/3.29, not of karl/3.30')
  })

  it('a signature by a foreign key, also beside a changed release', async () => {
    const other = aSigner()
    const short = other.key.id.slice(0, 16)
    const manifest = changed(await readFile(at(`${below}/manifest.json`), 'utf8'), { 'frozen-by': 'nobody' })
    await writeFile(at(`${below}/manifest.json`), manifest)
    await writeFile(at(`${below}/manifest.json.sig`), envelopeBy(other, manifest))
    const { code, stdout } = await verify()
    expect([code, stdout]).toEqual([
      2,
      expect.stringContaining(
        `  ${below}/manifest.json.sig is signed with key ${short}, which is not one that is trusted\n`,
      ),
    ])
    expect(stdout).toContain(`  signed   by key ${short}, which nothing here vouches for\n`)
  })

  it.each<readonly [string, (text: string) => string, string]>([
    ['is no JSON', () => 'x', 'is no envelope of a signature (DSSE)'],
    [
      'is of another kind',
      (text) => text.replace('firn.release', 'firn.other'),
      'is of another kind: application/vnd.firn.other+json',
    ],
    ['is spelt otherwise', (text) => `${text}\n`, 'is not in canonical form (RFC 8785)'],
    ['has no signature', (text) => text.replace(/"signatures":\[.*\]/, '"signatures":[]'), 'is not signed'],
    [
      'has a broken one',
      (text) => text.replace(/"sig":"..../, '"sig":"AAAA'),
      'has a signature that is not one of key KEY',
    ],
  ])('an envelope that %s', async (_, change, message) => {
    await edit(`${below}/manifest.json.sig`, change)
    const { code, stdout } = await verify()
    expect([code, stdout]).toEqual([2, expect.stringContaining(`  ${below}/manifest.json.sig ${message}\n`)])
  })

  it('a page at the top that does not list what is here', async () => {
    await edit('index.html', (text) => text.replace('3.30', '3.31'))
    const { code, stdout } = await verifier.verify(tree, '--key', pem)
    expect([code, stdout]).toEqual([
      2,
      expect.stringMatching(
        /\nDIR\/edited itself does not hold: 1 problem\n {2}index\.html does not list what is here\n$/,
      ),
    ])
  })
})

it('refuses what holds no release', async () => {
  const empty = join(verifier.directory, 'empty')
  await mkdir(empty)
  const hint = 'hint: name a release as PRODUCT/RELEASE, or what firn export or firn bundle has written\n'
  expect(await verifier.verify(empty)).toEqual({
    code: 66,
    stdout: '',
    stderr: `error: Input cannot be read: DIR/empty holds no release\n${hint}`,
  })
  expect(await verifier.verify('acme/1', '--in', tree)).toEqual({
    code: 66,
    stdout: '',
    stderr: 'error: No such release: DIR/edited has no acme/1\nhint: what it holds: karl/3.29, karl/3.30\n',
  })
  expect((await verifier.verify(join(tree, 'none'))).stderr).toBe(
    'error: Input cannot be read: DIR/edited/none: there is no such file or directory\n',
  )
})
