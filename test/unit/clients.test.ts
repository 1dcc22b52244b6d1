import { expect, it } from 'vitest'
import { clientsOf, isLegacy, limitedTo, printClients } from '../../pool/clients.ts'
import { legacyPins } from '../../pool/legacy-pins.ts'
import { oddFiles } from '../clients/odd-files.ts'
import { releaseOf } from '../support/release.ts'

it.each(oddFiles('3.11').map(([able, file]) => [file.filename, able, file] as const))(
  '%s is for %s',
  (_, able, file) => {
    const seen = clientsOf(file)
    expect(seen.join(' ')).toBe(able)
    expect(limitedTo(file)).toEqual(able.startsWith('pip uv buildout') ? null : seen)
  },
)

it.each([
  [[], 'for no client that is known', true],
  [['buildout<4'], 'for buildout<4 alone', true],
  [['pip<22', 'buildout<4'], 'for pip<22 and buildout<4 alone', true],
  [['uv', 'pip<22', 'buildout<4'], 'for uv, pip<22 and buildout<4 alone', false],
] as const)('prints %j as %j', (able, text, legacy) => {
  expect([printClients(able), isLegacy(able)]).toEqual([text, legacy])
})

it('names the pins of a release of which no installer of today can use any file', () => {
  const { manifest } = releaseOf([
    { name: 'Egg', version: '1.0', files: [{ filename: 'Egg-1.0-py2.5.egg' }, { filename: 'Egg-1.0-py2.4.egg' }] },
    { name: 'both', version: '1.0', files: [{ filename: 'both-1.0-py2.5.egg' }, { filename: 'both-1.0.tgz' }] },
    { name: 'WebOb', version: '0.9.8.0-osi1', files: [{ filename: 'WebOb-0.9.8.0-osi1.tar.gz' }] },
    { name: 'odd.one', version: '2004d', files: [{ filename: 'odd_one-2004d-py2.5.egg' }] },
  ])
  const say = 'no pip or uv of today can use its files: they are for'
  expect(legacyPins(manifest.files)).toEqual([
    { message: `Egg 1.0: ${say} buildout and buildout<4 alone` },
    { message: `WebOb 0.9.8.0-osi1: ${say} pip<22 and buildout<4 alone` },
    { message: `odd.one 2004d: ${say} no client that is known` },
  ])
})
