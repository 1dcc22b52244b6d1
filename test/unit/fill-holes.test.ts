import { describe, expect, it } from 'vitest'
import { checkClosure } from '../../pool/closure/check-closure.ts'
import { findingsOf, pinsFor, projectsWanted } from '../../pool/closure/fill-holes.ts'
import type { Distribution } from '../../pool/distribution.ts'
import { parseFilename } from '../../pool/filename.ts'
import { readPins } from '../../pool/pins/read-pins.ts'
import { normaliseName } from '../../pool/project-name.ts'
import { parseTarget } from '../../pool/target.ts'
import { verdictOf } from '../../pool/verdict.ts'
import { applyWaivers, parseWaiver } from '../../pool/waivers.ts'
import { releaseOf } from '../support/release.ts'

const targets = [parseTarget('cp311-manylinux_x86_64')]
const at = '2026-11-24T11:13:00.000Z'

function held(filename: string): Distribution {
  const { kind, readings } = parseFilename(filename)
  const [{ name, version } = { name: '', version: '' }] = readings
  const project = normaliseName(name)
  const digests = { sha256: filename, metadataSha256: '' }
  return {
    filename,
    project,
    name,
    version,
    kind,
    size: 1,
    ...digests,
    requiresPython: null,
    uploadTime: at,
    origin: null,
    product: null,
    yanked: null,
    provenanceSha256: null,
  }
}

function holesOf(...requires: readonly string[]) {
  const files = [{ filename: 'karl-1-py3-none-any.whl', requires }]
  return checkClosure({ ...releaseOf([{ name: 'karl', version: '1', files }]), roots: [], targets }).holes
}

const hintOf = (requirement: string, ...filenames: readonly string[]) =>
  findingsOf(holesOf(requirement), () => filenames.map(held)).map(({ hint }) => hint)

const pins = (text: string) => readPins([{ name: 'c', text }], targets).pins

describe('constraints', () => {
  it('are taken for what is lacking, and for nothing that is pinned', () => {
    const holes = holesOf('b', 'C>=1', 'd')
    expect(projectsWanted(holes)).toEqual(['b', 'c', 'd'])
    const taken = pinsFor(holes, pins('a==1\nb==2\nc==3'), pins('b==1'))
    expect(taken.map(({ project }) => project)).toEqual(['c'])
  })
})

describe('a finding says what would fill the hole', () => {
  it('by the versions of the pool that fit, and install there', () => {
    const files = ['b-1.0.tar.gz', 'b-1.9.tar.gz', 'b-1.10.tar.gz', 'b-2.0rc1.tar.gz', 'b-9-cp311-cp311-win_amd64.whl']
    expect(hintOf('B>=1.5', ...files)).toEqual([
      'add B==1.10 (the pool has 1.10, 1.9, 2.0rc1), or let it pass: --waive "b: REASON"',
    ])
    expect(hintOf('b<1.5', ...files)).toEqual(['add b==1.0, or let it pass: --waive "b: REASON"'])
    expect(hintOf('b>=5', ...files)).toEqual([
      'the pool has no version of it that fits: firn fetch b==VERSION, or let it pass: --waive "b: REASON"',
    ])
  })

  it('or by what to fetch, for a pin of which no file installs', () => {
    const files = [{ filename: 'karl-1-cp39-cp39-win32.whl' }]
    const { holes } = checkClosure({ ...releaseOf([{ name: 'karl', version: '1', files }]), roots: [], targets })
    expect(findingsOf(holes, () => [])).toEqual([
      {
        rule: 'closure',
        severity: 'refuse',
        project: 'karl',
        message: 'karl 1: no file of it installs there (cp311-manylinux_x86_64)',
        hint:
          'bring a file of it that does (firn fetch --target cp311-manylinux_x86_64 karl==VERSION), give its pin a marker, ' +
          'or let it pass: --waive "karl: REASON"',
      },
    ])
  })
})

describe('the verdict', () => {
  it('has refusals as problems; warnings and waivers that did nothing as notices', () => {
    const findings = findingsOf(holesOf('b', 'c', 'x>=dev'), () => [])
    const waivers = ['b: on the hosts', 'c until 2026-11-23: soon', 'z: never'].map(parseWaiver)
    const { problems, notices } = verdictOf(applyWaivers(findings, waivers, { at, by: 'anonymous' }))
    expect(problems.map(({ message }) => message)).toEqual([
      'karl 1 needs c: the release has no c (cp311-manylinux_x86_64)',
    ])
    expect(notices).toEqual([
      { message: 'karl 1 states a requirement that cannot be read: "x>=dev" (cp311-manylinux_x86_64)' },
      { message: 'the waiver of c ended on 2026-11-23: it lets nothing pass' },
      { message: 'the waiver of z is not needed: nothing that it lets pass speaks against the release' },
    ])
  })
})
