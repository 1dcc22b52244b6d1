import { Parser } from 'htmlparser2'
import { z } from 'zod'
import { sha256Pattern } from '../../pool/digest.ts'
import { RegistryError } from '../../pool/errors.ts'
import type { UpstreamFile } from '../../pool/upstream-file.ts'

export interface UpstreamPage {
  readonly text: string
  readonly type: string
  /** Where it was found after redirects: what its links are relative to. */
  readonly url: string
}

/** Reads a project's page of a simple index, JSON (PEP 691) or HTML (PEP 503). Throws `upstream-unavailable`. */
export function readUpstreamPage(page: UpstreamPage): readonly UpstreamFile[] {
  return /\bjson\b/.test(page.type) ? readJson(page) : readHtml(page)
}

const jsonPage = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()).default({}),
      size: z.number().int().nonnegative().nullish(),
      'upload-time': z.string().nullish(),
      yanked: z.union([z.boolean(), z.string()]).nullish(),
      'requires-python': z.string().nullish(),
      // PEP 714: the first name of the key is still read where the new one is not there.
      'core-metadata': z.union([z.boolean(), z.record(z.string(), z.string())]).nullish(),
      'dist-info-metadata': z.union([z.boolean(), z.record(z.string(), z.string())]).nullish(),
    }),
  ),
})

function readJson({ text, url }: UpstreamPage): readonly UpstreamFile[] {
  const { files } = parseJson(text, url)
  return files.flatMap((file) => {
    const target = resolve(file.url, url)
    if (target === undefined) return []
    return {
      filename: file.filename,
      url: target.href,
      hashes: lowerCase(file.hashes),
      size: file.size ?? null,
      uploadTime: uploadTimeOf(file['upload-time']),
      yanked: yankOf(file.yanked),
      requiresPython: file['requires-python'] ?? null,
      ...metadataOf(file['core-metadata'] ?? file['dist-info-metadata']),
    }
  })
}

function parseJson(text: string, url: string): z.output<typeof jsonPage> {
  try {
    return jsonPage.parse(JSON.parse(text))
  } catch (cause) {
    throw new RegistryError('upstream-unavailable', { url }, { detail: `${url} is no page of a simple index`, cause })
  }
}

/** PEP 700: "in the format yyyy-mm-ddThh:mm:ss.ffffffZ". There are clients that take no page with one of another. */
function uploadTimeOf(stated: string | null | undefined): string | null {
  const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/.exec(stated ?? '')
  const at = shape ? new Date(shape[0]) : undefined
  if (!shape || !at || Number.isNaN(at.getTime())) return null
  if (!shape[0].endsWith('Z')) return at.toISOString()
  // A day that no month has is one of the next month to JavaScript.
  return at.toISOString().startsWith(shape[1] ?? '') ? shape[0] : null
}

function metadataOf(
  stated: boolean | Readonly<Record<string, string>> | null | undefined,
): Pick<UpstreamFile, 'coreMetadata' | 'metadataSha256'> {
  const sha256 = typeof stated === 'object' ? stated?.['sha256']?.toLowerCase() : undefined
  return {
    coreMetadata: (stated ?? false) !== false,
    metadataSha256: sha256 !== undefined && sha256Pattern.test(sha256) ? sha256 : null,
  }
}

/** `sha256=<digest>`, or `true` (PEP 658). */
function statedInHtml(text = 'false'): boolean | Record<string, string> {
  const [algorithm = '', digest] = text.split('=')
  return digest === undefined ? text !== 'false' : { [algorithm]: digest }
}

function yankOf(mark: boolean | string | null | undefined): string | null {
  if (mark === undefined || mark === null || mark === false) return null
  return mark === true ? '' : mark
}

function readHtml({ text, url }: UpstreamPage): readonly UpstreamFile[] {
  const files: UpstreamFile[] = []
  let base = url
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'base' && attributes['href'] !== undefined) base = resolve(attributes['href'], url)?.href ?? base
      if (name !== 'a' || attributes['href'] === undefined) return
      const file = linkedFile(attributes['href'], base, attributes)
      if (file) files.push(file)
    },
  })
  parser.end(text)
  return files
}

/** The filename is the URL's last part: "The text of the anchor tag MUST match the final path component" (PEP 503). */
export function linkedFile(
  href: string,
  base: string,
  said: Readonly<Record<string, string>> = {},
): UpstreamFile | undefined {
  const target = resolve(href, base)
  if (target === undefined) return undefined
  const [, algorithm, digest] = /^#([a-z0-9_]+)=([0-9a-f]+)$/i.exec(target.hash) ?? []
  target.hash = ''
  return {
    filename: lastSegment(target),
    url: target.href,
    hashes: algorithm === undefined || digest === undefined ? {} : lowerCase({ [algorithm]: digest }),
    size: null,
    uploadTime: null,
    yanked: said['data-yanked'] ?? null,
    requiresPython: said['data-requires-python'] ?? null,
    ...metadataOf(statedInHtml(said['data-core-metadata'] ?? said['data-dist-info-metadata'])),
  }
}

/** As it stands there if it is not encoded well: then it is no filename of ours, and passed over. */
function lastSegment({ pathname }: URL): string {
  const segment = pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** `undefined` for what is no http URL: nothing else is ever fetched. */
function resolve(href: string, base: string): URL | undefined {
  if (!URL.canParse(href, base)) return undefined
  const url = new URL(href, base)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

function lowerCase(hashes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name.toLowerCase(), hash.toLowerCase()]))
}
