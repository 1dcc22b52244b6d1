import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { array, assert, asyncProperty, nat, tuple } from 'fast-check'
import type { ArchiveForm } from '../../storage/archives/read-archive.ts'
import { makeEgg, makeSdist, makeWheel, metadataOf, tarOf, zipOf } from '../support/archives.ts'
import { makeStage, type Stage } from '../support/hostile.ts'
import { bzip2Of, gzipOf } from '../support/tar-of.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
const ZIP = { kind: 'wheel', format: 'zip' } as const
const GZIP = { kind: 'sdist', format: 'tar.gz' } as const
const BZIP2 = { kind: 'sdist', format: 'tar.bz2' } as const
const wanted = { name: 'karl', version: '3.30', files: { 'doc/a.txt': 'text '.repeat(999) } }
const metadata = metadataOf(wanted)
const valid: readonly (readonly [string, Buffer, ArchiveForm])[] = [
  ['wheel', makeWheel(wanted).bytes, ZIP],
  ['egg', makeEgg(wanted).bytes, { kind: 'egg', format: 'zip' }],
  ['sdist .tar.gz', makeSdist(wanted).bytes, GZIP],
  ['sdist .zip', makeSdist({ ...wanted, format: 'zip' }).bytes, { kind: 'sdist', format: 'zip' }],
  ['sdist .tar.bz2', makeSdist({ ...wanted, format: 'tar.bz2' }).bytes, BZIP2],
]

let stage: Stage
beforeAll(async () => {
  stage = await makeStage()
})
afterEach(() => stage.expectClosed())
afterAll(() => stage.remove())

it.each(valid)('refuses a %s truncated anywhere', async (_, bytes, form) => {
  for (let step = 1; step <= 20; step++)
    expect(await stage.read(bytes.subarray(0, Math.floor((bytes.length * step) / 21)), form)).toMatchObject({
      code: 'archive-invalid',
    })
  expect(await stage.outcome(bytes.subarray(0, -1), form)).toBe('truncated')
})

it.each(valid)('reads a %s with random damage to the same metadata, or refuses it', async (_, bytes, form) => {
  const damage = array(tuple(nat(bytes.length - 1), nat(255)), { minLength: 1, maxLength: 4 })
  const property = asyncProperty(damage, async (changes) => {
    const damaged = Buffer.from(bytes)
    for (const [at, value] of changes) damaged[at] = value
    const result = await stage.read(damaged, form)
    expect([metadata, 'archive-invalid', 'metadata-missing']).toContain(
      typeof result === 'string' ? result : result.code,
    )
  })
  await assert(property, { numRuns: 300, seed: 20_101 })
})

it('never fails otherwise on a damaged tar, whatever it reads', async () => {
  const tar = tarOf([
    { name: 'k-1/a', data: 'x' },
    { name: 'k-1/PKG-INFO', data: metadata },
    { name: `k-1/${'b'.repeat(200)}` },
  ])
  const damage = array(tuple(nat(tar.length - 1), nat(255)), { minLength: 1, maxLength: 4 })
  const property = asyncProperty(damage, async (changes) => {
    const damaged = Buffer.from(tar)
    for (const [at, value] of changes) damaged[at] = value
    expect(await stage.read(gzipOf(damaged), GZIP)).toBeDefined()
  })
  await assert(property, { numRuns: 500, seed: 20_102 })
})

it('says what is wrong in one short line of ASCII', async () => {
  const name = `../caf\u00e9\u202e${'x'.repeat(500)}`
  expect(await stage.read(zipOf([{ name }]), ZIP)).toMatchObject({
    code: 'archive-invalid',
    facts: { reason: 'path-outside', entry: expect.stringMatching(/^[\x20-\x7e]{1,300}$/) },
    detail: expect.stringMatching(
      /^entry "\.\.\/caf\\xc3\\xa9[\x20-\x7e]{1,300} would be written outside its directory$/,
    ),
  })
})

/** Entry for PKG-INFO and the header of a file of ten gibibytes, which are to follow. */
function hugeFile(): Buffer {
  const sizeField = Buffer.from([0x80, ...Buffer.alloc(11)])
  sizeField.writeBigUInt64BE(BigInt(10 * GiB), 4)
  return tarOf(
    [
      { name: 'k-1/PKG-INFO', data: metadata },
      { name: 'k-1/zeros', sizeField },
    ],
    { end: 0 },
  )
}

const zeros = Buffer.alloc(64 * MiB)
const dist = 'k-1.dist-info'
const bombs: readonly (readonly [string, () => Buffer, ArchiveForm, string])[] = [
  [
    'ten gibibytes of zeros in gzip',
    () => Buffer.concat([gzipOf(hugeFile()), ...Array.from<Buffer>({ length: 160 }).fill(gzipOf(zeros))]),
    GZIP,
    'expands-too-far',
  ],
  [
    'ten gibibytes of zeros in bzip2',
    () => Buffer.concat([bzip2Of(hugeFile()), ...Array.from<Buffer>({ length: 160 }).fill(bzip2Of(zeros))]),
    BZIP2,
    'expands-too-far',
  ],
  [
    'a pax header of gibibytes',
    () => gzipOf(tarOf([{ name: 'x', type: 'x', size: 2 * GiB, data: zeros }])),
    GZIP,
    'name-too-long',
  ],
  ['entries without end in a tar', () => gzipOf(tarOf(manyEntries())), GZIP, 'too-many-entries'],
  ['entries without end in a zip', () => zipOf(manyEntries(), { zip64: true }), ZIP, 'too-many-entries'],
  [
    'a huge entry in a zip',
    () =>
      zipOf([
        { name: 'zeros', data: zeros },
        { name: 'more', data: zeros },
      ]),
    ZIP,
    'expands-too-far',
  ],
  [
    'a huge METADATA',
    () => zipOf([...wheelParts, { name: `${dist}/METADATA`, data: zeros }]),
    ZIP,
    'metadata-too-large',
  ],
  [
    'a huge METADATA that is declared small',
    () => zipOf([...wheelParts, { name: `${dist}/METADATA`, data: zeros, both: { size: 100 } }]),
    ZIP,
    'size',
  ],
]
const wheelParts = [{ name: `${dist}/WHEEL` }, { name: `${dist}/RECORD` }]

function manyEntries(): readonly { readonly name: string; readonly method: 0 }[] {
  return Array.from({ length: 100_001 }, (_, index) => ({ name: `k-1/${index}`, method: 0 }))
}

it.each(bombs)('refuses %s in little memory', async (_, make, form, reason) => {
  const bytes = make()
  const before = process.resourceUsage().maxRSS
  expect(await stage.outcome(bytes, form)).toBe(reason)
  expect(process.resourceUsage().maxRSS - before).toBeLessThan((200 * MiB) / 1024)
})
