/** The tools that people publish with: what each makes its files with, and how each is told where to, and with which token. */
import { randomUUID } from 'node:crypto'
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { toolEnvironment, type RunResult } from '../support/python.ts'
import type { Workplace } from './workplace.ts'

export interface Publishing {
  /** Where the project lies, with its files in `dist/`. */
  readonly project: string
  readonly url: string
  /** None: no credentials are given. */
  readonly token?: string | undefined
  readonly options?: readonly string[]
}

export interface Publisher {
  readonly name: string
  /** The fields of its form that state a digest of the file. */
  readonly digests: readonly string[]
  readonly requirements: readonly string[]
  /** The module of the PEP 517 backend that its project is built with. */
  readonly backend: string
  /** The command line, after variables of the environment if it needs any. */
  command(publishing: Publishing, files: readonly string[]): readonly string[]
}

const user = '__token__'

const twine: Publisher = {
  name: 'twine',
  digests: ['blake2_256_digest', 'sha256_digest'],
  requirements: ['twine==7.0.0', 'flit_core==4.2.0'],
  backend: 'flit_core.buildapi',
  command: ({ url, token = '', options = [] }, files) => [
    'twine',
    'upload',
    '--non-interactive',
    '--disable-progress-bar',
    `--repository-url=${url}`,
    `--username=${token === '' ? '' : user}`,
    `--password=${token}`,
    ...options,
    ...files,
  ],
}

const uv: Publisher = {
  name: 'uv',
  digests: ['blake2_256_digest', 'sha256_digest'],
  requirements: ['uv==0.13.9', 'setuptools==80.9.0'],
  backend: 'setuptools.build_meta',
  command: ({ url, token, options = [] }, files) => [
    'uv',
    'publish',
    `--publish-url=${url}`,
    '--trusted-publishing=never',
    ...(token === undefined ? [] : [`--token=${token}`]),
    ...options,
    ...files,
  ],
}

/** Makes its files anew each time, the same ones of the same sources. */
const flit: Publisher = {
  name: 'flit',
  digests: ['md5_digest', 'sha256_digest'],
  requirements: ['flit==4.2.0'],
  backend: 'flit_core.buildapi',
  command: ({ url, token, options = [] }) => [
    `FLIT_INDEX_URL=${url}`,
    `FLIT_USERNAME=${user}`,
    ...(token === undefined ? [] : [`FLIT_PASSWORD=${token}`]),
    'flit',
    'publish',
    ...options,
  ],
}

const hatch: Publisher = {
  name: 'hatch',
  digests: ['blake2_256_digest', 'md5_digest', 'sha256_digest'],
  requirements: ['hatch==1.18.2'],
  backend: 'hatchling.build',
  command: ({ url, token, options = [] }, files) => [
    'PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring',
    'hatch',
    'publish',
    '--no-prompt',
    `--repo=${url}`,
    `--user=${user}`,
    ...(token === undefined ? [] : [`--auth=${token}`]),
    ...options,
    ...files,
  ],
}

const poetry: Publisher = {
  name: 'poetry',
  digests: ['blake2_256_digest', 'md5_digest', 'sha256_digest'],
  requirements: ['poetry==2.5.1'],
  backend: 'poetry.core.masonry.api',
  command: ({ url, token, options = [] }) => [
    `POETRY_REPOSITORIES_TEAM_URL=${url}`,
    'POETRY_KEYRING_ENABLED=false',
    'poetry',
    'publish',
    '--no-interaction',
    '--repository=team',
    ...(token === undefined ? [] : [`--username=${user}`, `--password=${token}`]),
    ...options,
  ],
}

/** Later ones do not work with what they are installed with today. */
const pdm: Publisher = {
  name: 'pdm',
  digests: ['blake2_256_digest', 'md5_digest', 'sha256_digest'],
  requirements: ['pdm==2.26.2', 'unearth==0.17.5', 'pdm-backend==2.5.0'],
  backend: 'pdm.backend',
  command: ({ url, token, options = [] }) => [
    'PDM_CHECK_UPDATE=0',
    'PDM_USE_VENV=0',
    'pdm',
    'publish',
    '--no-build',
    `--repository=${url}`,
    ...(token === undefined ? [] : [`--username=${user}`, `--password=${token}`]),
    ...options,
  ],
}

export const publishers: readonly Publisher[] = [twine, uv, flit, hatch, poetry, pdm]

export function projectOf({ name }: Publisher): string {
  return `by-${name}`
}

/** Makes a small project of one module that says `word`, and its wheel and sdist; returns its directory. */
export async function makeProject(place: Workplace, publisher: Publisher, word: string): Promise<string> {
  const { name, requirements, backend } = publisher
  const directory = await place.directory(`${name}-${word}`)
  const module = projectOf(publisher).replace('-', '_')
  const text = `[build-system]
requires = []
build-backend = "${backend}"

[project]
name = "${projectOf(publisher)}"
version = "1.0"
description = "Made for a test"
requires-python = ">=3.9"
`
  await Promise.all(['dist', module].map((each) => mkdir(join(directory, each), { recursive: true })))
  await writeFile(join(directory, 'pyproject.toml'), text)
  await writeFile(join(directory, module, '__init__.py'), `"""Says ${word}."""\n\n__version__ = "1.0"\n`)
  const build = `import ${backend} as backend; backend.build_sdist("dist"); backend.build_wheel("dist")`
  const { python } = await toolEnvironment(name, requirements)
  await place.client(python, ['-c', build], directory)
  return directory
}

/** What a client printed, on one line: it breaks lines where a terminal would end, some of them in a frame. */
export interface Published extends Pick<RunResult, 'code'> {
  readonly said: string
}

/** Publishes a copy of the project: flit makes its files again, and pdm leaves directories behind. */
export async function publish(place: Workplace, publisher: Publisher, publishing: Publishing): Promise<Published> {
  const { name, requirements } = publisher
  const tools = await toolEnvironment(name, requirements)
  const project = await place.directory(`${name}-${randomUUID()}`)
  await cp(publishing.project, project, { recursive: true, preserveTimestamps: true })
  const files = await distributionsOf(project)
  const words = publisher.command(publishing, files).map((word) => (word === name ? tools.bin(name) : word))
  const { code, stdout, stderr } = await place.tryClient('env', words, project)
  return { code, said: stripVTControlCharacters(`${stdout}\n${stderr}`).replaceAll(/[\s│]+/g, ' ') }
}

/** Its files, from its directory. */
export async function distributionsOf(project: string): Promise<readonly string[]> {
  return (await readdir(join(project, 'dist'))).toSorted().map((name) => join('dist', name))
}
