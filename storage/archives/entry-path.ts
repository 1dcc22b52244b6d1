import type { ArchiveLimits } from './limits.ts'
import { printable, refusal } from './refuse.ts'

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/

/**
 * Where an entry would be written, as segments without `.` and empty ones; `[]` for the root itself.
 * Throws `archive-invalid` for a name that some system would write outside the directory it unpacks into,
 * or that people cannot be shown: absolute, with a drive letter, `..`, a backslash or control characters.
 */
export function entryPath(name: string, limits: ArchiveLimits): readonly string[] {
  const shown = `entry "${printable(name)}"`
  if (name === '') throw refusal('name-invalid', 'an entry has no name', { entry: name })
  if (name.length > limits.nameLength)
    throw refusal('name-too-long', `${shown} has a name of over ${limits.nameLength} bytes`, { entry: name })
  if (CONTROL.test(name)) throw refusal('name-invalid', `${shown} has a control character in its name`, { entry: name })
  if (name.includes('\\')) throw refusal('name-invalid', `${shown} has a backslash in its name`, { entry: name })
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name))
    throw refusal('path-absolute', `${shown} has an absolute path`, { entry: name })
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..'))
    throw refusal('path-outside', `${shown} would be written outside its directory`, { entry: name })
  return segments
}
