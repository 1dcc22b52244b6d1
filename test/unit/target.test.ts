import { describe, expect, it } from 'vitest'
import { parseFilename } from '../../pool/filename.ts'
import { accepts, isPure, markerEnvironment, parseTarget } from '../../pool/target.ts'

function tagsOf(tag: string) {
  const { tags } = parseFilename(`app-1.0-${tag}.whl`)
  if (!tags) throw new TypeError('a wheel has tags')
  return tags
}

/** Target, tag, whether an installer there takes it. */
const cases = [
  ['cp311-manylinux_x86_64', 'py3-none-any', true],
  ['cp311-manylinux_x86_64', 'py2.py3-none-any', true],
  ['cp311-manylinux_x86_64', 'py2-none-any', false],
  ['cp311-manylinux_x86_64', 'py311-none-any', true],
  ['cp311-manylinux_x86_64', 'py312-none-any', false],
  ['cp311-manylinux_x86_64', 'cp311-cp311-manylinux_2_28_x86_64', true],
  ['cp311-manylinux_x86_64', 'cp311-cp311-manylinux1_x86_64', true],
  ['cp311-manylinux_x86_64', 'cp311-cp311-manylinux2014_x86_64', true],
  ['cp311-manylinux_x86_64', 'cp311-cp311-linux_x86_64', true],
  ['cp311-manylinux_x86_64', 'cp311-cp311-manylinux_2_28_aarch64', false],
  ['cp311-manylinux_x86_64', 'cp311-cp311-musllinux_1_2_x86_64', false],
  ['cp311-manylinux_x86_64', 'cp312-cp312-manylinux_2_28_x86_64', false],
  ['cp311-manylinux_x86_64', 'cp38-abi3-manylinux_2_28_x86_64', true],
  ['cp311-manylinux_x86_64', 'cp312-abi3-manylinux_2_28_x86_64', false],
  ['cp311-manylinux_x86_64', 'cp311-none-manylinux_2_28_x86_64', true],
  ['cp311-manylinux_x86_64', 'py3-none-manylinux_2_28_x86_64', true],
  ['cp311-manylinux_x86_64', 'pp311-pypy311_pp73-manylinux_2_28_x86_64', false],
  ['cp313-manylinux_x86_64', 'cp313-cp313t-manylinux_2_28_x86_64', false],
  ['cp27-manylinux_x86_64', 'cp27-cp27mu-manylinux1_x86_64', true],
  ['cp311-manylinux_2_17_x86_64', 'cp311-cp311-manylinux_2_28_x86_64', false],
  ['cp311-manylinux_2_17_x86_64', 'cp311-cp311-manylinux2014_x86_64', true],
  ['cp311-manylinux_2_17_x86_64', 'cp311-cp311-manylinux_2_28_x86_64.manylinux_2_12_x86_64', true],
  ['cp312-musllinux_1_2_aarch64', 'cp312-cp312-musllinux_1_1_aarch64', true],
  ['cp312-musllinux_1_1_aarch64', 'cp312-cp312-musllinux_1_2_aarch64', false],
  ['cp313-macosx_arm64', 'cp313-cp313-macosx_11_0_arm64', true],
  ['cp313-macosx_arm64', 'cp313-cp313-macosx_10_9_universal2', true],
  ['cp313-macosx_arm64', 'cp313-cp313-macosx_10_9_x86_64', false],
  ['cp313-macosx_10_15_x86_64', 'cp313-cp313-macosx_11_0_x86_64', false],
  ['cp312-win_amd64', 'cp312-cp312-win_amd64', true],
  ['cp312-win_amd64', 'cp312-cp312-win32', false],
  ['cp312-win32', 'cp312-cp312-win32', true],
  ['pp310-manylinux_x86_64', 'pp310-pypy310_pp73-manylinux_2_17_x86_64', true],
  // What pip's own list of tags does not have.
  ['cp311-manylinux_x86_64', 'cp311-none-any', true],
  ['cp311-manylinux_x86_64', 'cp3-none-any', false],
  ['cp311-manylinux_x86_64', 'cp38-abi3-any', false],
  ['cp311-manylinux_x86_64', 'cp311-cp311-any', false],
  ['cp311-manylinux_x86_64', 'cp3-abi3-manylinux_2_28_x86_64', false],
  ['cp311-manylinux_x86_64', 'cp311-cp311d-manylinux_2_28_x86_64', false],
  ['cp37-manylinux_x86_64', 'cp37-cp37-manylinux1_x86_64', false],
  ['cp37-manylinux_x86_64', 'cp37-cp37m-manylinux1_x86_64', true],
  ['cp311-manylinux_aarch64', 'cp311-cp311-manylinux_2_12_aarch64', false],
  ['cp311-manylinux_x86_64', 'cp311-cp311-manylinux_1_17_x86_64', false],
  ['cp313-macosx_arm64', 'cp313-cp313-macosx_10_16_arm64', false],
  ['cp313-macosx_arm64', 'cp313-cp313-macosx_11_3_arm64', false],
  ['cp313-macosx_x86_64', 'cp313-cp313-macosx_10_3_x86_64', false],
  ['cp313-macosx_x86_64', 'cp313-cp313-macosx_10_9_intel', true],
] as const

describe('targets', () => {
  it.each(cases)('%s and %s: %s', (target, tag, taken) => {
    expect(accepts(parseTarget(target), tagsOf(tag))).toBe(taken)
  })

  it.each(['cp311', 'cp311-any', 'python3.11-linux', 'cp311-manylinux_x86', 'cp4-win32', 'cp311-win_x86_64', ''])(
    'refuses %j as a target',
    (text) => expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: 'target-invalid' }) as Error),
  )

  it('knows what is pure', () => {
    expect(isPure(tagsOf('py3-none-any'))).toBe(true)
    expect(isPure(tagsOf('cp311-none-any'))).toBe(true)
    expect(isPure(tagsOf('py3-none-win_amd64'))).toBe(false)
  })

  it('gives the marker environment of a target', () => {
    expect(markerEnvironment(parseTarget('cp312-win_amd64'))).toEqual({
      os_name: 'nt',
      sys_platform: 'win32',
      platform_system: 'Windows',
      platform_machine: 'AMD64',
      platform_release: '',
      platform_version: '',
      platform_python_implementation: 'CPython',
      implementation_name: 'cpython',
      implementation_version: '3.12.0',
      python_version: '3.12',
      python_full_version: '3.12.0',
    })
  })
})
