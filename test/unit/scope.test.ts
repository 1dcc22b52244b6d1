import { describe, expect, it } from 'vitest'
import { grants, narrowestScope, parseScope, type Action } from '../../pool/access/scope.ts'
import { parseProjectName } from '../../pool/project-name.ts'

const karl = parseProjectName('karl')

const actions = {
  'read karl': { verb: 'read', product: 'karl' },
  'read what is nobody’s': { verb: 'read', product: null },
  'upload karl': { verb: 'upload', project: karl },
  fetch: { verb: 'fetch' },
  'freeze karl': { verb: 'freeze', product: 'karl' },
  'deploy osi': { verb: 'deploy', site: 'osi' },
  'make tokens': { verb: 'admin' },
} as const satisfies Record<string, Action>

function allowed(scopes: readonly string[]): readonly string[] {
  return Object.entries(actions).flatMap(([name, action]) => (grants(scopes, action) ? name : []))
}

describe('a scope', () => {
  it.each([
    ['admin', Object.keys(actions)],
    ['read', ['read karl', 'read what is nobody’s']],
    ['read:karl', ['read karl']],
    ['read:acme', []],
    ['upload', ['upload karl', 'fetch']],
    ['upload:karl', ['upload karl']],
    ['upload:zope', []],
    ['freeze', ['read karl', 'freeze karl']],
    ['freeze:karl', ['read karl', 'freeze karl']],
    ['freeze:karl2', []],
    ['deploy', ['deploy osi']],
    ['deploy:osi', ['deploy osi']],
    ['deploy:os', []],
  ])('%s allows %j', (scope, expected) => {
    expect(allowed([parseScope(scope)])).toEqual(expected)
  })

  it.each([
    ['upload:Zope.Interface', 'upload:zope-interface'],
    ['freeze:karl', 'freeze:karl'],
    ['admin', 'admin'],
  ])('%s is kept as %s', (text, scope) => {
    expect(parseScope(text)).toBe(scope)
  })

  it.each([
    '',
    'all',
    'admin:karl',
    'upload:',
    'upload:-',
    'upload:a b',
    'Read',
    'read:karl ',
    'upload:*',
    ':',
    'read:__',
  ])('%j is none', (text) => {
    expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: 'scope-invalid' }) as Error)
  })

  it('is asked for as narrow as it may be', () => {
    expect(Object.values(actions).map(narrowestScope)).toEqual([
      'read:karl',
      'read',
      'upload:karl',
      'upload',
      'freeze:karl',
      'deploy:osi',
      'admin',
    ])
  })
})
