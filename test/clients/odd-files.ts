/** Distributions that are odd in one way each, built so that whoever takes the filename can install the file. */
import { parseVersion } from '../../pool/version.ts'
import { makeEgg, makeSdist, makeWheel, type Built } from '../support/archives.ts'

export interface OddFile extends Built {
  readonly name: string
  readonly version: string
  readonly requiresPython: string | null
}

/** Builds a wheel with nothing but Python itself: no setuptools of today takes what is built here. */
const backend = `
import re
import zipfile
from email import message_from_file

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("PKG-INFO") as file:
        metadata = message_from_file(file)
    version = re.sub("-(?=[0-9]+$)", ".post", metadata["Version"])
    stem = "{}-{}".format(re.sub("[-.]", "_", metadata["Name"]), version)
    name = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(wheel_directory + "/" + name, "w") as wheel:
        wheel.writestr(stem + ".dist-info/METADATA", metadata.as_string())
        wheel.writestr(stem + ".dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(stem + ".dist-info/RECORD", "")
    return name
`
const pyproject = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'

/** Stamps the files with today, since an egg, which is a zip, takes none from before 1980. */
function setupPy(name: string, version: string): string {
  return `
import os
from setuptools import setup
for file in os.listdir("."):
    os.utime(file)
setup(name=${JSON.stringify(name)}, version=${JSON.stringify(version)}, py_modules=[])
`
}

const python = 'Requires-Python'

type Format = NonNullable<Parameters<typeof makeSdist>[0]['format']>

/** What has a version that is none of PEP 440 is from before pyproject.toml. */
function sdist(name: string, version: string, filename: string, format: Format = 'tar.gz'): OddFile {
  const build = parseVersion(version)
    ? { 'backend.py': backend, 'pyproject.toml': pyproject }
    : { 'pyproject.toml': undefined }
  const { bytes } = makeSdist({ name, version, format, files: { 'setup.py': setupPy(name, version), ...build } })
  return { name, version, requiresPython: null, filename, bytes }
}

function wheel(name: string, version: string, filename: string, more: Readonly<Record<string, string>> = {}): OddFile {
  const fields = { 'Metadata-Version': '2.1', Name: name, Version: version, ...more }
  const metadata = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`)
  const [, shown = version] = filename.split('-')
  const { bytes } = makeWheel({ name, version: shown, metadata: `${metadata.join('')}\n` })
  return { name, version, requiresPython: more[python] ?? null, filename, bytes }
}

/** For the Python that it is to be installed on, as `3.11`. */
function egg(name: string, version: string, python: string): OddFile {
  const shown = version.replaceAll('-', '_')
  const metadata = `Metadata-Version: 1.0\nName: ${name}\nVersion: ${version}\n`
  return { name, version, requiresPython: null, ...makeEgg({ name, version: shown, python, metadata }) }
}

const everyone = 'pip uv buildout pip<22 buildout<4'

/** Each with the clients that can use it, on a Python of this `minor` version. */
export const oddFiles = (minor: string): readonly (readonly [string, OddFile])[] => [
  [everyone, wheel('w_plain', '1.0', 'w_plain-1.0-py3-none-any.whl')],
  [everyone, wheel('w.dotted', '1.0', 'w.dotted-1.0-py3-none-any.whl')],
  ['pip uv buildout pip<22', wheel('w.normal', '1.0', 'w_normal-1.0-py3-none-any.whl')],
  [everyone, wheel('W_Upper', '1.0', 'W_Upper-1.0-py3-none-any.whl')],
  ['uv pip<22 buildout<4', wheel('w__double', '1.0', 'w__double-1.0-py3-none-any.whl')],
  [everyone, wheel('w_alpha', '1.0.alpha1', 'w_alpha-1.0.alpha1-py3-none-any.whl')],
  [everyone, wheel('w_local', '1.0+abc_1', 'w_local-1.0+abc_1-py3-none-any.whl')],
  [everyone, wheel('w_epoch', '1!1.0', 'w_epoch-1!1.0-py3-none-any.whl')],
  ['pip<22 buildout<4', wheel('w_post', '1.0-1', 'w_post-1.0_1-py3-none-any.whl')],
  ['buildout<4', wheel('w_osi', '1.0-osi1', 'w_osi-1.0_osi1-py3-none-any.whl')],
  ['buildout<4', wheel('w_text', '2004d', 'w_text-2004d-py3-none-any.whl')],
  ...['1.0', '1.1', '2.2', '2.5', '2.6', '3.0'].map((version): [string, OddFile] => {
    const name = `w_core${version.replace('.', '')}`
    return [everyone, wheel(name, '1.0', `${name}-1.0-py3-none-any.whl`, { 'Metadata-Version': version })]
  }),
  [everyone, wheel('p_star', '1.0', 'p_star-1.0-py3-none-any.whl', { [python]: '>=3.*, <4.0.*' })],
  [everyone, wheel('p_quoted', '1.0', 'p_quoted-1.0-py3-none-any.whl', { [python]: "'>=3.6'" })],
  ['pip buildout pip<22 buildout<4', wheel('p_any', '1.0', 'p_any-1.0-py3-none-any.whl', { [python]: 'any' })],
  ['pip buildout pip<22 buildout<4', wheel('p_tilde', '1.0', 'p_tilde-1.0-py3-none-any.whl', { [python]: '~=3' })],
  [everyone, sdist('s_gz', '1.0', 's_gz-1.0.tar.gz')],
  [everyone, sdist('s_zip', '1.0', 's_zip-1.0.zip', 'zip')],
  ['pip buildout pip<22 buildout<4', sdist('s_bz2', '1.0', 's_bz2-1.0.tar.bz2', 'tar.bz2')],
  ['pip buildout pip<22 buildout<4', sdist('s_tgz', '1.0', 's_tgz-1.0.tgz', 'tgz')],
  ['pip pip<22', sdist('s_tbz', '1.0', 's_tbz-1.0.tbz', 'tar.bz2')],
  [everyone, sdist('S.Dotted', '1.0', 'S.Dotted-1.0.tar.gz')],
  ['pip uv buildout pip<22', sdist('s.normal', '1.0', 's_normal-1.0.tar.gz')],
  [everyone, sdist('s-dashed', '1.0', 's-dashed-1.0.zip', 'zip')],
  [everyone, sdist('s_post', '3.5.0-1', 's_post-3.5.0-1.tar.gz')],
  ['pip<22 buildout<4', sdist('s_osi', '0.9.8.0-osi1', 's_osi-0.9.8.0-osi1.tar.gz')],
  ['pip<22 buildout<4', sdist('s_karl', '2.0.1-karl3', 's_karl-2.0.1-karl3.zip', 'zip')],
  ['pip<22 buildout<4', sdist('s_rev', '4.1.0dev-r124241', 's_rev-4.1.0dev-r124241.tar.gz')],
  ['buildout buildout<4', egg('e_plain', '1.0', minor)],
  ['buildout buildout<4', egg('e.dotted', '1.0', minor)],
  ['buildout buildout<4', egg('e_post', '1.0-1', minor)],
  ['buildout<4', egg('e_osi', '1.0-osi1', minor)],
]

/** Of one project, what everyone can install among what hardly anyone can. */
export const mixedFiles = (minor: string): readonly OddFile[] => [
  wheel('mixed', '1.0', 'mixed-1.0-py3-none-any.whl'),
  wheel('mixed', '1.0-osi1', 'mixed-1.0_osi1-py3-none-any.whl'),
  sdist('mixed', '0.9.8.0-osi1', 'mixed-0.9.8.0-osi1.tar.gz'),
  sdist('mixed', 'SVN-r42', 'MIXED-SVN-r42.tgz', 'tgz'),
  sdist('mixed', '0.9', 'mixed-0.9.tbz', 'tar.bz2'),
  egg('mixed', '0.8', minor),
  egg('mixed', '0.8-karl3', minor),
]
