import { isRegistryError } from '../errors.ts'
import { distributionSuffixes, parseFilename } from '../filename.ts'
import { isProjectName, normaliseName, type ProjectName } from '../project-name.ts'
import { makePin, quoted, type DirectRequirement, type LineFinding, type PinLine, type Problem } from './pin.ts'

/** Whether a requirement line is a path or a URL by itself. */
export function isDirect(text: string): boolean {
  return (
    /^(?:\.{0,2}[\\/]|\.{1,2}$|[a-z]:[\\/]|[a-z][a-z+]*:\/?\/|file:|\.{1,2}\[)/i.test(text) ||
    (isArchive(text) && !/[ =<>;@]/.test(text))
  )
}

function isArchive(text: string): boolean {
  return distributionSuffixes.some((suffix) => text.endsWith(suffix))
}

/** What stands at a location, and the name that line or location give it. */
export function directOf(line: Omit<DirectRequirement, 'kind' | 'location'>, location: string): DirectRequirement {
  const plain = location.replace(/^file:(?:\/\/)?(?=\/)/i, '')
  const kind = /^(?:git|hg|bzr|svn)(?:\+|:)/i.test(plain) ? 'repository' : /^[a-z+]+:\/\//i.test(plain) ? 'url' : 'path'
  return { ...line, kind, location: plain, name: line.name ?? nameIn(plain) }
}

/** `#egg=name`, the filename of a distribution, or what a repository or directory is called. */
function nameIn(location: string): string | undefined {
  const [, egg] = /[#&]egg=([A-Za-z0-9._-]+)/.exec(location) ?? []
  if (egg !== undefined) return egg
  const path = location.split(/[#?;]/, 1)[0]?.replace(/[\\/]+$/, '') ?? ''
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  const name = isArchive(last) ? nameOfFile(last) : last.replace(/\.git(?:@.*)?$|@.*$/, '').replace(/\[.*$/, '')
  return name !== undefined && isProjectName(name) ? name : undefined
}

function nameOfFile(filename: string): string | undefined {
  try {
    return parseFilename(decodeURI(filename)).readings[0]?.name
  } catch (error) {
    if (isRegistryError(error) || error instanceof URIError) return undefined
    throw error
  }
}

/** A direct requirement as what the release does with it. `uses`: the versions that the pool holds for such, by name. */
export function settleDirect(direct: DirectRequirement, uses: ReadonlyMap<ProjectName, PinLine>): LineFinding {
  const { place, text, name, version = 'VERSION', extras, marker } = direct
  const use = name === undefined ? undefined : uses.get(normaliseName(name))
  if (use) return { pin: { ...use, place, text, extras, marker } }
  if (direct.root === true) {
    const message = `${quoted(text)} is left out: it is what the lock was made for; --use ${name}==${version} takes it in`
    return { notice: { place, message } }
  }
  return {
    problem: { place, message: `${quoted(text)} is ${kinds[direct.kind]}, not a version`, hint: hintFor(direct) },
  }
}

const kinds: Readonly<Record<DirectRequirement['kind'], string>> = {
  path: 'a path',
  repository: 'a repository',
  url: 'a URL',
}

function hintFor(direct: DirectRequirement): string {
  const exact = `${direct.name ?? 'NAME'}==${direct.version ?? 'VERSION'}`
  return `${making(direct)}, and write ${exact}; if the pool holds it already: --use ${exact}`
}

/** How to make a distribution of exactly this one. */
function making({ kind, location }: DirectRequirement): string {
  const path = location.replace(/\[[^\]]*\]$/, '')
  if (kind === 'repository') return `pip wheel --no-deps --wheel-dir dist ${shell(location)} && firn upload dist/`
  if (kind === 'url') return `pip download --no-deps --dest dist ${shell(location)} && firn upload dist/`
  if (isArchive(path)) return `firn upload ${shell(path)}`
  return `python -m build ${shell(path)} && firn upload ${shell(`${path.replace(/\/$/, '')}/dist/`)}`
}

function shell(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Reads `name==version` of each; what is none of that is a problem. */
export function readUses(texts: readonly string[]): {
  readonly uses: ReadonlyMap<ProjectName, PinLine>
  readonly problems: readonly Problem[]
} {
  const uses = new Map<ProjectName, PinLine>()
  const problems: Problem[] = []
  for (const text of texts) {
    const use = readUse(text)
    if (use) uses.set(use.project, use)
    else problems.push({ message: `--use ${quoted(text)} names no version`, hint: 'write --use NAME==VERSION' })
  }
  return { uses, problems }
}

function readUse(text: string): PinLine | undefined {
  const [name = '', version = ''] = text.split('==')
  try {
    return makePin({ place: { source: '--use', line: 1 }, text, name: name.trim(), version })
  } catch (error) {
    if (isRegistryError(error, 'version-invalid')) return undefined
    throw error
  }
}
