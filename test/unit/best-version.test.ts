import { describe, expect, it } from 'vitest'
import { bestVersion, type Candidate } from '../../pool/best-version.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { parseSpecifierSet } from '../../pool/specifier.ts'
import { parseTarget } from '../../pool/target.ts'

interface Asked {
  readonly specifier?: string
  readonly targets?: readonly string[]
  readonly eggs?: boolean
  readonly project?: string
}

function best(files: readonly (string | Partial<Candidate>)[], asked: Asked = {}): string | undefined {
  const candidates = files.map((file) => ({
    filename: '',
    yanked: null,
    requiresPython: null,
    ...(typeof file === 'string' ? { filename: file } : file),
  }))
  return bestVersion(candidates, {
    project: parseProjectName(asked.project ?? 'karl'),
    specifier: parseSpecifierSet(asked.specifier ?? '') ?? { specifiers: [] },
    targets: (asked.targets ?? ['cp311-manylinux_x86_64']).map(parseTarget),
    allFiles: false,
    eggs: asked.eggs ?? false,
  })
}

describe('the best version', () => {
  it.each<[string, readonly (string | Partial<Candidate>)[], Asked, string | undefined]>([
    ['is the newest, not the last in the alphabet', ['karl-3.9.tar.gz', 'karl-3.10.tar.gz'], {}, '3.10'],
    ['is one that is admitted', ['karl-3.9.zip', 'karl-3.10.zip'], { specifier: '<3.10' }, '3.9'],
    ['is no pre-release', ['karl-3.9.zip', 'karl-4.0a1.zip'], {}, '3.9'],
    ['is a pre-release if one is named', ['karl-3.9.zip', 'karl-4.0a1.zip'], { specifier: '>=4.0a0' }, '4.0a1'],
    ['is no pre-release because one is excluded', ['karl-3.9.zip', 'karl-4.0a1.zip'], { specifier: '!=4.0a0' }, '3.9'],
    ['is a pre-release if there is no other', ['karl-4.0a1.zip', 'karl-4.0a2.zip'], {}, '4.0a2'],
    ['is not yanked', ['karl-1.zip', { filename: 'karl-2.zip', yanked: '' }], {}, '1'],
    ['is for every target', ['karl-1.zip', 'karl-2-cp311-cp311-win_amd64.whl'], {}, '1'],
    [
      'may be of several files, one a target',
      ['karl-1.zip', 'karl-2-cp311-cp311-win_amd64.whl', 'karl-2-cp311-cp311-manylinux1_x86_64.whl'],
      { targets: ['cp311-win_amd64', 'cp311-manylinux_x86_64'] },
      '2',
    ],
    ['is for the Python of each target', ['karl-1.zip', { filename: 'karl-2.zip', requiresPython: '>=3.12' }], {}, '1'],
    ['is no egg', ['karl-1.zip', 'karl-2-py3.11.egg'], {}, '1'],
    ['is an egg if those are wanted', ['karl-1.zip', 'karl-2-py3.11.egg'], { eggs: true }, '2'],
    ['is no egg of another Python', ['karl-1.zip', 'karl-2-py2.7.egg'], { eggs: true }, '1'],
    ['is of the project alone', ['karl-1.zip', 'karl-core-2.zip', 'karl_core-3-py3-none-any.whl'], {}, '1'],
    ['is found under any spelling', ['Karl.Core-1.zip', 'karl_core-2.zip'], { project: 'karl-core' }, '2'],
    ['is none of no file', ['karl-1.exe', '%zz', ''], {}, undefined],
    ['is never a text without an order', ['karl-snapshot.zip', 'karl-2004d.zip'], {}, undefined],
    ['is none that is not admitted', ['karl-1.zip'], { specifier: '>1' }, undefined],
  ])('%s', (_, files, asked, expected) => {
    expect(best(files, asked)).toBe(expected)
  })
})
