import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Workplace } from './workplace.ts'

export interface Wanted {
  /** Of the directory; default: after the release. */
  readonly name?: string
  /** URL of the frozen index, whose own `versions.cfg` has the pins. */
  readonly index: string
  readonly eggs: readonly string[]
  readonly scripts: readonly string[]
}

/** Runs buildout in a new directory, with nothing to go by but the release's URLs; returns the directory. */
export async function runBuildout(place: Workplace, buildout: string, wanted: Wanted): Promise<string> {
  const { pathname } = new URL(wanted.index)
  const directory = await place.directory(wanted.name ?? `buildout-${pathname.split('/').slice(2, 4).join('-')}`)
  await writeFile(join(directory, 'buildout.cfg'), configuration(place, wanted))
  await place.client(buildout, [], directory)
  return directory
}

/** The `versions.cfg` that a server gives says where its index is; that of an export does not know. */
function configuration(place: Workplace, { index, eggs, scripts }: Wanted): string {
  // buildout takes what begins with file:// for a directory of archives; with one slash it is an index.
  const where = [`index = ${index.replace(/^file:\/\/\//, 'file:/')}`, 'allow-hosts = 127.0.0.1:*']
  const lines = [
    '[buildout]',
    `extends = ${index}versions.cfg`,
    ...(index.startsWith(`${place.url}/`) ? [] : where),
    'allow-picked-versions = false',
    'newest = false',
    'parts = application',
    '[application]',
    'recipe = zc.recipe.egg',
    'eggs =',
    ...eggs.map((egg) => `    ${egg}`),
    ...(scripts.length === 0 ? [] : [`scripts = ${scripts.join(' ')}`]),
    'interpreter = py',
  ]
  return `${lines.join('\n')}\n`
}
