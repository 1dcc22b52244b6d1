import { describe, expect, it } from 'vitest'
import { releaseType, printEnvelope, releaseMessage } from '../../pool/proof/envelope.ts'
import { printManifest } from '../../pool/manifest.ts'
import { fileProblem, isAlias, namedBase, sbomProblems, type ExpectedFile } from '../../pool/proof/release-files.ts'
import { readSigned } from '../../pool/proof/signed-manifest.ts'
import { aSigner } from '../support/signer.ts'
import { aManifest } from '../support/manifest.ts'

const signer = aSigner()
const [ours, theirs] = [signer.key, aSigner().key]

const release = '1+a'

const text = printManifest(aManifest({ release }))
const other = printManifest(aManifest({ release, 'frozen-by': 'nobody' }))
const name = { product: 'karl', release: '1+a' }

function signed(manifest: string, by = signer): string {
  return printEnvelope(manifest, [{ key: by.key.id, signature: by.sign(releaseMessage(manifest)) }])
}

function read(manifest: string, envelope: string, keys = [ours]): readonly [string | undefined, readonly string[]] {
  const { proven, problems } = readSigned({ name, manifest: Buffer.from(manifest), envelope }, keys)
  return [proven?.text, problems.map(({ path, message }) => `${path.slice('index/karl/1+a/'.length)} ${message}`)]
}

describe('what a release is', () => {
  it.each<readonly [string, string, string, string | undefined, readonly string[]]>([
    ['both agree', text, signed(text), text, []],
    ['what was signed counts', other, signed(text), text, ['manifest.json is not the manifest that was signed']],
    ['also over what is no manifest', 'x', signed(text), text, ['manifest.json is not the manifest that was signed']],
    [
      'no manifest was signed',
      text,
      printEnvelope('{}', [{ key: ours.id, signature: signer.sign(releaseMessage('{}')) }]),
      text,
      ['manifest.json.sig is the signature of no manifest'],
    ],
    [
      'what nobody trusted has signed does not count',
      text,
      signed(other, aSigner()),
      text,
      [
        expect.stringContaining('which is not one that is trusted') as string,
        'manifest.json.sig is the signature of another manifest',
      ],
    ],
    [
      'a signature of another kind of thing is none',
      text,
      signed(text).replace(releaseType, 'application/vnd.firn.log-head+json'),
      text,
      [
        'manifest.json.sig is of another kind: application/vnd.firn.log-head+json',
        expect.stringContaining('has a signature that is not one of key') as string,
      ],
    ],
  ])('%s', (_, manifest, envelope, proven, problems) => {
    expect(read(manifest, envelope)).toEqual([proven, problems])
  })

  it('is signed by every trusted key, whatever the envelope says that its keys are', () => {
    const envelope = signed(text).replace(ours.id, theirs.id)
    const { signers, unproven } = readSigned({ name, manifest: Buffer.from(text), envelope }, [ours])
    expect([signers, unproven]).toEqual([[ours.id], [theirs.id]])
  })

  it('has signers that are named alone where no key is known', () => {
    const { signers, unproven, problems } = readSigned(
      { name, manifest: Buffer.from(text), envelope: signed(text) },
      undefined,
    )
    expect([signers, unproven, problems]).toEqual([[], [ours.id], []])
  })
})

describe('a file', () => {
  const expected: ExpectedFile = { path: 'pool/a/a-1.tar.gz', what: 'file', sha256: 'a', size: 1 }
  it.each([
    [{ state: 'read', sha256: 'a', size: 1 }, undefined],
    [{ state: 'missing' }, 'is missing'],
    [{ state: 'longer' }, 'has more than 1 byte'],
    [{ state: 'read', sha256: 'b', size: 0 }, 'has 0 bytes, not 1'],
    [{ state: 'read', sha256: 'b', size: 1 }, 'holds other bytes: sha256 b, not a'],
    [{ state: 'unreadable', message: 'it may not be read' }, 'cannot be read: it may not be read'],
  ] as const)('that is %j', (found, message) => {
    expect(fileProblem(expected, found)?.message).toBe(message)
  })

  it.each([
    ['index/karl/1/Zope.Interface/index.html', true],
    ['index/karl/1/zope-interface/index.html', false],
    ['index/karl/1/index.html', false],
    ['index/karl/1/manifest.json', false],
  ])('%s is an alias: %s', (path, alias) => expect(isAlias({ path, what: 'page', sha256: '', size: 0 })).toBe(alias))
})

describe('what documents say of themselves', () => {
  const proven = { manifest: aManifest({ release }), text, digest: 'd', signatures: [] }
  it.each([
    ['index = https://firn.example/index/karl/1%2Ba/', 'https://firn.example/'],
    ['index = https://firn.example/sub/index/karl/1%2Ba/', 'https://firn.example/sub/'],
    ['index = https://firn.example/index/karl/2/', undefined],
    ['index = /index/karl/1%2Ba/', undefined],
    ['# index and allow-hosts are not here', undefined],
    [undefined, undefined],
  ])('%j names %j', (cfg, base) => expect(namedBase(proven, cfg)).toBe(base))

  const nothing = [{ path: 'index/karl/1+a/sbom.cdx.json', message: 'names no release' }]
  it.each([
    ['', nothing],
    ['null', nothing],
    ['[1]', nothing],
    ['{"metadata":{"component":{"properties":{}}}}', nothing],
    ['{"metadata":{"component":{"properties":[null,1,{"name":"firn:digest","value":1}]}}}', nothing],
    [undefined, []],
  ])('the bill of materials %j', (bom, problems) => expect(sbomProblems(proven, bom)).toEqual(problems))
})
