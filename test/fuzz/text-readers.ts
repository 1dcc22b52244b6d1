import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { printExample } from '../../cli/config/example.ts'
import { parseScope } from '../../pool/access/scope.ts'
import { readChangelog } from '../../pool/changelog.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import { parseManifest } from '../../pool/imports/parse-manifest.ts'
import { parseLicence, printLicence } from '../../pool/licences/expression.ts'
import { printManifest } from '../../pool/manifest.ts'
import { evaluateMarker, parseMarker, printMarker } from '../../pool/marker.ts'
import { parseMetadata } from '../../pool/metadata.ts'
import { parseCondition } from '../../pool/pins/buildout-condition.ts'
import { includesOf } from '../../pool/pins/includes.ts'
import { readPins } from '../../pool/pins/read-pins.ts'
import { parseLicenceTerm } from '../../pool/policy/licence-rule.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { parseEnvelope } from '../../pool/proof/envelope.ts'
import { parseHead } from '../../pool/proof/log-head.ts'
import { parsePublicKey } from '../../pool/proof/public-key.ts'
import { parseTemplate } from '../../pool/refreeze-name.ts'
import { printReleaseName, splitReleaseName } from '../../pool/release-name.ts'
import { parseRequirement, printRequirement } from '../../pool/requirement.ts'
import { contains, parseSpecifierSet, printSpecifierSet } from '../../pool/specifier.ts'
import { markerEnvironment, parseTarget } from '../../pool/target.ts'
import { parseUsageQuery, printUsageQuery } from '../../pool/usage-query.ts'
import { normaliseVersion, parseVersion, printVersion, sameVersion, versionKey } from '../../pool/version.ts'
import { parseVersionText } from '../../pool/version-text.ts'
import { parseWaiver } from '../../pool/waivers.ts'
import { aFile, aRelease } from '../support/printed-release.ts'
import { root } from '../support/server.ts'

/** One way to read text, and what is fed to it: these texts, damaged. */
export interface TextReader {
  readonly seeds: readonly string[]
  /** Throws what the reader throws, and `Error` where it reads otherwise what it has itself printed. */
  readonly read: (text: string) => unknown
}

/** What is printed of what was read is read to the same. */
function stable<T>(read: (text: string) => T | undefined, print: (value: T) => string): (text: string) => unknown {
  return (text) => {
    const value = read(text)
    if (value === undefined) return undefined
    const printed = print(value)
    const again = read(printed)
    const second = again === undefined ? again : print(again)
    if (second !== printed)
      throw new Error(`${JSON.stringify(printed)} is read and printed as ${JSON.stringify(second)}`)
    return value
  }
}

const targets = ['cp310-manylinux_x86_64', 'cp313-win_amd64'].map(parseTarget)
const environment = { ...markerEnvironment(parseTarget('cp311-manylinux_x86_64')), extra: 'x' }
const data = (...path: readonly string[]) => readFileSync(join(root, 'test', 'data', ...path), 'utf8').slice(0, 6000)
const release = aRelease([
  aFile('karl-3.30-py3-none-any.whl', { name: 'karl', version: '3.30' }),
  aFile('lxml-4.9.zip', { name: 'lxml', version: '4.9' }),
])
const hash = '0123456789abcdef'.repeat(4)

function pins(name: string): TextReader {
  const read = (text: string) => {
    const source = { name, text }
    includesOf(source)
    const { pins, problems, loose } = readPins([source], targets, { extras: ['mail'], groups: ['dev'] })
    if (pins.length + problems.length + loose.length === 0) throw new Error('nothing is pinned, and nothing said of it')
    return pins
  }
  return { seeds: [data('pins', ...name.split('/'))], read }
}

function versions(text: string): unknown {
  const version = parseVersion(text)
  if (!version) return parseVersionText(text)
  if (!sameVersion(text, printVersion(version))) throw new Error('a version is not what it is printed as')
  return versionKey(text)
}

export const textReaders: Readonly<Record<string, TextReader>> = {
  versions: { seeds: ['1!2.0.3a4.post5.dev6+local.7', '0.9.8.0-osi1', 'v1.0-RC_1'], read: versions },
  'versions, printed': { seeds: ['1!2.0.3a4.post5.dev6+local.7', '1.0-1'], read: stable(parseVersion, printVersion) },
  'versions, normalised': { seeds: ['1.0-RC_1', '2004d'], read: stable(normaliseVersion, (text) => text) },
  specifiers: { seeds: ['>=1.0,!=1.1.*,~=2.0', '===x, <3'], read: stable(parseSpecifierSet, printSpecifierSet) },
  'specifiers that hold': {
    seeds: ['>=1.0,!=1.1.*,~=2.0', '==1.0+x'],
    read: (text) => contains(parseSpecifierSet(text) ?? { specifiers: [] }, '1.0.post1'),
  },
  markers: {
    seeds: [`python_version >= "3.9" and (extra == 'x' or os_name != "nt")`, '"linux" in sys_platform'],
    read: stable(parseMarker, printMarker),
  },
  'markers that hold': {
    seeds: [`python_full_version ~= "3.9.0" and platform_release > '6'`, 'extra in "x"'],
    read: (text) => evaluateMarker(parseMarker(text), environment),
  },
  requirements: {
    seeds: ['Zope.Interface[a,b] (>=1.0,<2) ; python_version < "3"', 'x @ https://x.org/x.zip#sha256=0 ; extra == "y"'],
    read: stable(parseRequirement, printRequirement),
  },
  'names of projects': { seeds: ['Zope.Interface', 'a--b'], read: stable(parseProjectName, (name) => name) },
  targets: {
    seeds: ['cp311-manylinux_2_17_x86_64', 'pp310-macosx_11_0_arm64'],
    read: stable(parseTarget, ({ text }) => text),
  },
  filenames: {
    seeds: [
      'karl-3.30-1-cp311.cp312-abi3-manylinux_2_17_x86_64.whl',
      'Zope.Karl-1.0-osi1.tar.bz2',
      'a-1-py2.7-linux.egg',
    ],
    read: stable(parseFilename, ({ filename }) => filename),
  },
  scopes: { seeds: ['upload:zope.interface', 'freeze:karl', 'admin'], read: stable(parseScope, (scope) => scope) },
  'names of releases': { seeds: ['acme/2026.11.1+karl3.30'], read: stable(splitReleaseName, printReleaseName) },
  'templates of names': {
    seeds: ['{release}+{base}', '{base}-1'],
    read: (text) =>
      parseTemplate(text)(
        splitReleaseName('acme/1+karl3.29'),
        splitReleaseName('karl/3.29'),
        splitReleaseName('karl/3.30'),
      ),
  },
  waivers: { seeds: ['yanked lxml until 2027-01-31: no other fits', 'lxml: x'], read: parseWaiver },
  licences: {
    seeds: ['MIT OR (apache-2.0 AND BSD-3-Clause)', 'GPL-2.0+ WITH Classpath-exception-2.0'],
    read: stable(parseLicence, printLicence),
  },
  'rules on licences': { seeds: ['GPL-3.0-or-later', 'unknown'], read: parseLicenceTerm },
  'questions of use': {
    seeds: ['lxml>=4,<5', `sha256:${hash}`, 'karl-3.30.tar.gz'],
    read: stable(parseUsageQuery, printUsageQuery),
  },
  changelogs: {
    seeds: [
      data('changelogs', 'zope.rst'),
      data('changelogs', 'keepachangelog.md'),
      data('changelogs', 'towncrier.rst'),
    ],
    read: readChangelog,
  },
  metadata: {
    seeds: ['Metadata-Version: 2.4\nName: karl\nVersion: 3.30\nRequires-Python: >=3.9\nClassifier: A\n B\n\nText\n'],
    read: (text) => parseMetadata(Buffer.from(text, 'latin1')),
  },
  'facts of files': {
    seeds: [
      '[project]\nname = "karl"\ndependencies = ["lxml>=4; python_version < \'3\'"]\ndynamic = ["version"]\n[build-system]\nrequires = ["setuptools"]\n',
      'lxml>=4\n\n[mail:python_version < "3"]\nrepoze.sendmail\n[:sys_platform == "win32"]\npywin32\n',
      'Metadata-Version: 2.2\nName: karl\nVersion: 1\nRequires-Dist: lxml>=4\nProvides-Extra: mail\nDynamic: Requires-Dist\nLicense-Expression: MIT\n',
    ],
    read(text) {
      const bytes = Buffer.from(text)
      const eggInfos = [{ path: 'karl.egg-info', requiresTxt: bytes }]
      const parts = { metadata: bytes, eggInfos, pyproject: bytes, hasSetupPy: true, sboms: [{ path: 'a', bytes }] }
      return (['sdist', 'wheel', 'egg'] as const).map((kind) => readFacts(kind, parseProjectName('karl'), parts))
    },
  },
  'conditions of buildout': {
    seeds: ['versions:python2 or (linux and not (py39))', '(sys_platform == "win32") and x'],
    read: parseCondition,
  },
  manifests: { seeds: [release.text], read: stable(parseManifest, printManifest) },
  envelopes: {
    seeds: [`{"payload":"e30=","payloadType":"x","signatures":[{"keyid":"${hash}","sig":"AA=="}]}`],
    read: parseEnvelope,
  },
  'heads of logs': {
    seeds: [`{"sequence":3,"digest":"${hash}","at":"2026-01-01T00:00:00.000Z","key":"k","signature":"AA=="}`],
    read: (text) => parseHead(text, 'head.json'),
  },
  'public keys': {
    seeds: [
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
    ],
    read: parsePublicKey,
  },
  'requirements files': pins('uv/requirements.txt'),
  buildouts: pins('buildout/buildout.cfg'),
  'compoze sections': pins('compoze/compoze.cfg'),
  'locks of uv': pins('uv/uv.lock'),
  'locks of poetry': pins('poetry/poetry.lock'),
  'locks of pdm': pins('pdm/pdm.lock'),
  pylocks: pins('pylock/pylock.toml'),
  'pip freeze': pins('pip/freeze.txt'),
  'pip inspect': pins('pip/inspect.json'),
}

/** A `firn.toml` in which every key is set. */
export const wholeConfig = printExample().replaceAll(/^#(?! )/gm, '')
