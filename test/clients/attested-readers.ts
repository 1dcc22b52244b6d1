/** Real attestations, and those who read what is served of them: pypi-attestations and pypi-simple. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, toolEnvironment } from '../support/python.ts'

const version = '0.0.30'

async function readers() {
  return toolEnvironment('attestations', [`pypi-attestations==${version}`, 'pypi-simple==1.8.0'])
}

/** A file that was signed where it was built, for PyPI, with what was signed of it. */
export interface Sample {
  readonly filename: string
  readonly bytes: Buffer
  /** Each JSON of its own, by what stands behind the filename: `.publish.attestation`, `.provenance`. */
  readonly beside: Readonly<Record<string, string>>
}

/** The files that the tests of pypi-attestations have, out of its sdist. */
export async function realSamples(): Promise<readonly Sample[]> {
  const { directory, python } = await readers()
  const assets = join(directory, `pypi_attestations-${version}`, 'test', 'assets')
  if (!existsSync(assets)) {
    const options = ['--quiet', '--no-deps', '--no-binary', ':all:', '--dest', directory]
    await done(python, ['-m', 'pip', 'download', ...options, `pypi-attestations==${version}`])
    await done('tar', ['xzf', join(directory, `pypi_attestations-${version}.tar.gz`), '-C', directory])
  }
  const names = await readdir(assets)
  return Promise.all(
    names.filter((name) => /\.(?:whl|tar\.gz)$/.test(name)).map((name) => sampleOf(assets, name, names)),
  )
}

async function sampleOf(assets: string, filename: string, names: readonly string[]): Promise<Sample> {
  const own = names.filter((name) => name.startsWith(`${filename}.`) && /\.(?:attestation|provenance)$/.test(name))
  const texts = own.map(
    async (name) => [name.slice(filename.length), await readFile(join(assets, name), 'utf8')] as const,
  )
  return {
    filename,
    bytes: await readFile(join(assets, filename)),
    beside: Object.fromEntries(await Promise.all(texts)),
  }
}

async function done(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, args)
  if (code !== 0) throw new Error(`${command} ended with ${code}\n${stderr}`)
  return stdout
}

/** What is verified is the chain to Sigstore's authority, the log, and that the publisher is who the provenance names. */
const script = String.raw`
import json, sys
from urllib.parse import urljoin
from pypi_attestations import Distribution, Provenance
from pypi_simple import ACCEPT_HTML_ONLY, ACCEPT_JSON_ONLY, PyPISimple

index, verify, *projects = sys.argv[1:]

def read(client, package):
    if package.provenance_url is None:
        return None
    # A frozen page has relative links alone; pypi-simple leaves this one as it stands.
    page = f"{index}{package.project}/" if "/index/" in index else ""
    answer = client.s.get(urljoin(page, package.provenance_url))
    assert answer.headers["Content-Type"] == "application/vnd.pypi.integrity.v1+json"
    provenance = Provenance.model_validate_json(answer.content)
    dist = Distribution(name=package.filename, digest=package.digests["sha256"])
    return [bundle(each, dist) for each in provenance.attestation_bundles]

def bundle(read, dist):
    types = [
        each.verify(read.publisher, dist, offline=True)[0] if verify == "verify" else each.statement["predicateType"]
        for each in read.attestations
    ]
    return {"publisher": read.publisher.model_dump(), "types": types}

def by(accept):
    with PyPISimple(endpoint=index, accept=accept) as client:
        packages = [package for name in projects for package in client.get_project_page(name).packages]
        return {package.filename: read(client, package) for package in packages}

json.dump([by(ACCEPT_HTML_ONLY), by(ACCEPT_JSON_ONLY)], sys.stdout)
`

export interface ReadBundle {
  readonly publisher: Readonly<Record<string, string | null>>
  readonly types: readonly string[]
}

/** By filename; `null` where a page names no provenance. */
export type ReadProvenance = Readonly<Record<string, readonly ReadBundle[] | null>>

/** What the pages of projects lead to, read from HTML, then from JSON; `verify` believes Sigstore's authority alone. */
export async function readProvenance(
  index: string,
  how: 'read' | 'verify',
  projects: readonly string[],
): Promise<readonly ReadProvenance[]> {
  const { python } = await readers()
  return JSON.parse(await done(python, ['-c', script, index, how, ...projects])) as readonly ReadProvenance[]
}
