import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { RegistryError } from '../pool/errors.ts'
import type { ManifestSource } from '../pool/manifest.ts'
import type { ReleaseName } from '../pool/release-name.ts'

const run = promisify(execFile)

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The commit that a git work tree is at, with the URL it comes from and its tag. Throws `input-unreadable` where there
 * is none, `source-changed` if tracked files are not as they were committed: then no commit says what is released.
 */
export async function readGitSource(
  directory: string,
  release: ReleaseName,
  env: Environment,
): Promise<ManifestSource> {
  const git = gitIn(directory, env)
  const revision = await git('rev-parse', '--verify', 'HEAD^{commit}')
  const changed = await git('status', '--porcelain', '--untracked-files=no')
  if (changed !== '') throw refuseChanged(directory, changed.split('\n'))
  const tags = (await git('tag', '--points-at', 'HEAD')).split('\n').filter((tag) => tag !== '')
  return { url: await remoteUrl(git), revision, tag: tagOf(release, tags) }
}

type Git = (...args: readonly string[]) => Promise<string>

/** No variable of a surrounding git, as a hook has them, and no program that the tree's own configuration names. */
function gitIn(directory: string, env: Environment): Git {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('GIT_'))
  const clean = { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' }
  const options = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-C', directory]
  return async (...args) => {
    try {
      const { stdout } = await run('git', [...options, ...args], { env: clean, maxBuffer: 64 * 1024 * 1024 })
      return stdout.trimEnd()
    } catch (cause) {
      throw unreadable(directory, cause)
    }
  }
}

function unreadable(directory: string, cause: unknown): RegistryError {
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim().split('\n')[0] : ''
  const reason = said === '' || said === undefined ? 'git cannot be run' : said
  const hint = 'give the work tree of a git repository that has a commit'
  return new RegistryError('input-unreadable', { path: directory }, { detail: `${directory}: ${reason}`, hint, cause })
}

function refuseChanged(directory: string, changed: readonly string[]): RegistryError {
  const shown = changed.slice(0, 20).map((line) => ({ message: line }))
  const more = changed.length > shown.length ? [{ message: `and ${changed.length - shown.length} more` }] : []
  return new RegistryError(
    'source-changed',
    { path: directory, problems: [...shown, ...more] },
    { detail: directory, hint: 'commit them or put them aside (git stash): no commit says what is released otherwise' },
  )
}

/** That of `origin`, as the repository's configuration has it. Nobody else can use a path of this machine: `null`. */
async function remoteUrl(git: Git): Promise<string | null> {
  const url = await git('config', '--local', '--default', '', '--get', 'remote.origin.url')
  return withoutCredentials(url)
}

/** The URL without password, token and query; `null` for a local path. */
export function withoutCredentials(text: string): string | null {
  if (/^[\w.-]+@[\w.-]+:/.test(text)) return text
  if (!URL.canParse(text) || !/^(?:https?|ssh|git|git\+ssh):$/.test(new URL(text).protocol)) return null
  const url = new URL(text)
  url.password = ''
  if (/^https?:$/.test(url.protocol)) url.username = ''
  url.search = ''
  url.hash = ''
  return url.href
}

/** Of several tags of a commit, the one that names the release. */
function tagOf({ product, release }: ReleaseName, tags: readonly string[]): string | null {
  const likely = [release, `v${release}`, `${product}-${release}`, `${product}/${release}`]
  return likely.find((tag) => tags.includes(tag)) ?? tags[0] ?? null
}
