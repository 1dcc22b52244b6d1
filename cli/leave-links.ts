import { errors, isRegistryError, type RegistryError } from '../pool/errors.ts'
import { count, type Io } from './io.ts'
import { leaveLink, type LinkOutcome, type PooledArchive } from './leave-link.ts'

export interface Linking {
  readonly pool: string
  readonly json: boolean
}

/** Leaves a link in the place of each archive, with a line for each. Returns the exit code. */
export async function leaveLinks(
  { pool, json }: Linking,
  archives: readonly PooledArchive[],
  { stdout }: Pick<Io, 'stdout'>,
): Promise<number> {
  const found: (LinkOutcome | RegistryError)[] = []
  for (const archive of archives) {
    const outcome = await attempt(pool, archive)
    const told = json ? JSON.stringify(eventOf(archive.path, outcome)) : describe(archive.path, outcome)
    stdout.write(`${told}\n`)
    found.push(outcome)
  }
  const refused = found.filter((each) => isRegistryError(each))
  const linked = found.filter((each) => !isRegistryError(each) && each.outcome === 'linked').length
  const before = found.length - refused.length - linked
  if (!json) {
    const already = before === 0 ? '' : `, ${before} were before`
    stdout.write(`${linked} of ${count(found.length, 'archive')} became links into ${pool}${already}\n`)
  }
  return refused.length > 0 ? errors['link-refused'].exit : 0
}

async function attempt(pool: string, archive: PooledArchive): Promise<LinkOutcome | RegistryError> {
  try {
    return await leaveLink(pool, archive)
  } catch (error) {
    if (isRegistryError(error)) return error
    throw error
  }
}

function eventOf(path: string, outcome: LinkOutcome | RegistryError): object {
  if (!isRegistryError(outcome))
    return { event: outcome.outcome, path, ...('target' in outcome ? { target: outcome.target } : {}) }
  const { code, message, hint } = outcome
  return { event: 'left', path, code, message, hint }
}

function describe(path: string, outcome: LinkOutcome | RegistryError): string {
  if (isRegistryError(outcome))
    return `left     ${outcome.message}${outcome.hint === undefined ? '' : `\n         ${outcome.hint}`}`
  return outcome.outcome === 'linked' ? `linked   ${path} -> ${outcome.target}` : `link     ${path}`
}
