import { createHash } from 'node:crypto'
import { makeEgg, makeSdist, makeWheel, metadataOf, type Built } from './archives.ts'
import { json, upload } from './requests.ts'

export function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** One file with all that its index says of it. */
export interface Listed extends Built {
  readonly project: string
  readonly name: string
  readonly version: string
  readonly sha256: string
  readonly requiresPython: string | undefined
  /** The bytes of METADATA; `undefined` for what is no wheel. */
  readonly metadata: Buffer | undefined
  /** What the live index says of who can use it: not all that are current. */
  readonly clients: readonly string[] | undefined
}

const hostile = `>=3 ; "<script>alert('x')</script>&`
const zope = { name: 'zope.Interface', version: '5.10' }
const bfg = { name: 'repoze.bfg', version: '0.9.8.0-osi1' }

interface About {
  readonly name: string
  readonly version: string
  readonly requiresPython?: string
}

function listed(built: Built, about: About, clients?: readonly string[]): Listed {
  return {
    ...built,
    project: about.name.toLowerCase().replaceAll(/[-_.]+/g, '-'),
    name: about.name,
    version: about.version,
    sha256: sha256(built.bytes),
    requiresPython: about.requiresPython,
    metadata: built.filename.endsWith('.whl') ? Buffer.from(metadataOf(about)) : undefined,
    clients,
  }
}

function wheel(about: About, clients?: readonly string[]): Listed {
  return listed(makeWheel(about), about, clients)
}

/** Its names are normalised, which buildout before 4 does not know them by. */
const notUv = ['pip', 'buildout', 'pip<22']

/** Modern and legacy side by side, in the order in which a page lists them: by version, then by filename. */
export const zopeFiles: readonly Listed[] = [
  listed(makeEgg({ ...zope, version: '3.8.0' }), { ...zope, version: '3.8.0' }, ['buildout', 'buildout<4']),
  listed(makeSdist({ ...zope, version: '3.8.0', format: 'tar.bz2' }), { ...zope, version: '3.8.0' }, notUv),
  listed(makeSdist({ ...zope, version: '5.9', format: 'zip' }), { ...zope, version: '5.9' }),
  wheel({ ...zope, requiresPython: hostile }, notUv),
  listed(makeSdist(zope), zope),
]

/** Versions that PEP 440 does not know stand after those that it does. */
export const legacyFiles: readonly Listed[] = [
  listed(makeSdist({ ...bfg, version: '1.0', format: 'tgz' }), { ...bfg, version: '1.0' }, notUv),
  listed(makeSdist(bfg), bfg, ['pip<22']),
]

/** Uploads files; their `upload-time` by filename, as the server answers it. */
export async function uploadAll(base: string, files: readonly Built[]): Promise<ReadonlyMap<string, string>> {
  const times = new Map<string, string>()
  for (const file of files) {
    const reply = await upload(base, file)
    if (reply.status !== 200) throw new Error(`${file.filename}: ${reply.status} ${reply.text}`)
    times.set(file.filename, (json(reply) as { uploadTime: string }).uploadTime)
  }
  return times
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

export interface PageFacts {
  readonly title: string
  readonly release?: string
}

/** The whole of an index page as HTML. */
export function pageHtml({ title, release }: PageFacts, links: readonly string[]): string {
  const meta = release === undefined ? '' : `<meta name="firn:release" content="sha256:${release}">\n`
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="pypi:repository-version" content="1.4">
${meta}<meta name="viewport" content="width=device-width">
<title>${title}</title>
</head>
<body>
<h1>${title}</h1>
${links.join('\n')}
</body>
</html>
`
}

export function linkTo(file: Listed, toRoot: string): string {
  const { filename, project, requiresPython, metadata } = file
  const python = requiresPython === undefined ? '' : ` data-requires-python="${escaped(requiresPython)}"`
  const digest = metadata === undefined ? '' : sha256(metadata)
  const core =
    metadata === undefined ? '' : ` data-core-metadata="sha256=${digest}" data-dist-info-metadata="sha256=${digest}"`
  const href = `${toRoot}pool/${project}/${filename}#sha256=${file.sha256}`
  return `<a href="${href}"${python}${core}>${filename}</a><br>`
}

/** A file as PEP 691 and 700 have it; on the live index with who can use it. */
export function fileJson(file: Listed, toRoot: string, uploadTime: string | undefined): object {
  const { filename, project, requiresPython, metadata, clients } = file
  const core = metadata === undefined ? undefined : { sha256: sha256(metadata) }
  return {
    filename,
    url: `${toRoot}pool/${project}/${filename}`,
    hashes: { sha256: file.sha256 },
    ...(requiresPython === undefined ? {} : { 'requires-python': requiresPython }),
    ...(core === undefined ? {} : { 'core-metadata': core }),
    size: file.bytes.length,
    'upload-time': uploadTime,
    ...(clients === undefined || toRoot !== '../../' ? {} : { _clients: clients }),
  }
}
