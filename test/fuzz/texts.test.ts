/** Everything that reads text reads any text or refuses it by a code, prints what it reads as, and has one order. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, constantFrom, nat, oneof, record, string, tuple, type Arbitrary } from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../cli/config/read-config.ts'
import { readBundle } from '../../cli/import/read-bundle.ts'
import { RegistryError } from '../../pool/errors.ts'
import { compareCodePoints, compareVersions, compareVersionTexts, parseVersion } from '../../pool/version.ts'
import { tarOf } from '../support/archives.ts'
import { byteEdit, edited, type ByteEdit } from './byte-edits.ts'
import { fuzzer, planned, seed, times } from './fuzzing.ts'
import { tarEdit, tarEdited, type TarEdit } from './tar-edits.ts'
import { textReaders, wholeConfig } from './text-readers.ts'

const texts = fuzzer('texts')
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'firn-fuzz-'))
})
afterAll(() => rm(directory, { recursive: true }))

const signs = `" ' [ ] ( ) { } = == === \\ ; # , : - _ . + ! * % / \${x} ((((((((( ]]]]]]`.split(' ')
const blanks = [' ', '\t', '\n', '\r\n', '\0', '\uFEFF', '\u2028', '\u0085', ' @ ']
const words =
  'and or extra WITH until dev post 2027-02-30 1e999 99999999999999999999 -0 null true __proto__ constructor'
const letters = ['\u0130', '\u212a', '\ud800', 'e\u0301']
const piece = oneof(
  constantFrom(...signs, ...blanks, ...words.split(' '), ...letters),
  string({ unit: 'binary', maxLength: 6 }),
)
const edit = record({ at: nat(), length: oneof(nat(2), nat(40)), piece })
const edits = array(edit, { minLength: 1, maxLength: 4 })

/** One of the texts, damaged; now and then only noise. */
function damaged(seeds: readonly string[]): Arbitrary<string> {
  const from = tuple(constantFrom(...seeds), edits).map(([whole, changes]) =>
    changes.reduce((text, { at, length, piece }) => {
      const place = at % (text.length + 1)
      return `${text.slice(0, place)}${piece}${text.slice(place + length)}`
    }, whole),
  )
  return oneof(
    { weight: 9, arbitrary: from },
    array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  )
}

/** Lets a refusal pass that the error table foresees. */
async function readOrRefused(read: () => unknown): Promise<void> {
  try {
    await read()
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code === 'internal') throw error
  }
}

it.each(Object.entries(textReaders))('%s', async (_, { seeds, read }) => {
  const holds = (text: string) => readOrRefused(() => read(text))
  for (const each of seeds) await holds(each)
  const trial = { given: damaged(seeds), runs: 250, holds, bytesOf: (text: string) => text }
  await expect(texts.fuzz(trial)).resolves.toBeUndefined()
})

it('firn.toml', async () => {
  const path = join(directory, 'firn.toml')
  const holds = (text: string) =>
    readOrRefused(() => {
      writeFileSync(path, text)
      return readConfig({ path, by: '--config' })
    })
  const trial = { given: damaged([wholeConfig]), runs: 400, holds, bytesOf: (text: string) => text }
  await expect(texts.fuzz(trial)).resolves.toBeUndefined()
})

it('bundles', async () => {
  const path = join(directory, 'karl.tar')
  const tar = tarOf([
    { name: 'karl/3.30/manifest.json', data: '{}' },
    { name: `karl/3.30/pool/${'k'.repeat(60)}.zip`, data: 'x'.repeat(700) },
  ])
  const bytesOf = ([changes, damage]: [TarEdit[], ByteEdit[]]) => edited(tarEdited(tar, changes), damage, [tar])
  const holds = (input: [TarEdit[], ByteEdit[]]) =>
    readOrRefused(async () => {
      writeFileSync(path, bytesOf(input))
      for await (const { path: name, size, bytes } of readBundle(path)) {
        let read = 0
        for await (const chunk of bytes()) read += chunk.length
        if (read !== size) throw new Error(`${name} has ${read} bytes of ${size}`)
      }
    })
  const given = tuple(array(tarEdit, { maxLength: 2 }), array(byteEdit, { maxLength: 2 }))
  await expect(texts.fuzz({ given, runs: 500, holds, bytesOf })).resolves.toBeUndefined()
})

const number = constantFrom('0', '1', '2', '10', '00', '01', '9007199254740993')
const version = tuple(
  constantFrom('', '', '1!', 'v'),
  array(number, { minLength: 1, maxLength: 3 }).map((numbers) => numbers.join('.')),
  constantFrom('', '', 'a1', 'b0', 'rc1', '-c1', '.alpha'),
  constantFrom('', '', '.post1', '-1', 'rev'),
  constantFrom('', '', '.dev0', 'dev1'),
  constantFrom('', '', '+a', '+1', '+a.1', '+1.a'),
).map((parts) => parts.join(''))
const anyVersion = oneof(
  { weight: 5, arbitrary: version },
  string({ unit: 'binary', maxLength: 5 }),
  constantFrom('2004d', '1.0-SNAPSHOT', ''),
)

/** Throws unless three are ordered one way, whichever two are compared. */
function expectOrder<T>(compare: (a: T, b: T) => number, [a, b, c]: readonly [T, T, T]): void {
  const signs = [compare(a, b), compare(b, c), compare(a, c)].map(Math.sign)
  const [ab, bc, ac] = signs
  if (Math.sign(compare(b, a)) + (ab ?? 0) !== 0) throw new Error('two are ordered otherwise the other way round')
  if (ab === bc && ac !== ab) throw new Error(`three are in no order: ${signs.join()}`)
  if (ab === 0 && ac !== bc) throw new Error('two are alike, but not to a third')
}

function expectOrders(three: [string, string, string]): void {
  expectOrder(compareVersionTexts, three)
  expectOrder(compareCodePoints, three)
  const [a, b, c] = three.map(parseVersion)
  if (a && b && c) expectOrder(compareVersions, [a, b, c])
  if (compareVersionTexts(three[0], three[1]) === 0 && three[0] !== three[1]) throw new Error('two texts are one')
}

it('orders are total', async () => {
  const given = tuple(anyVersion, anyVersion, anyVersion)
  await expect(texts.fuzz({ given, runs: 2000, holds: expectOrders, bytesOf: String })).resolves.toBeUndefined()
})

it('were tried as many as planned', () => {
  console.log(`texts: ${texts.tried} inputs, seed ${seed}`)
  expect(texts.tried).toBeGreaterThanOrEqual(planned.texts * times)
})
