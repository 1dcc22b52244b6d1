import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toolEnvironment } from '../support/python.ts'
import { onServerCore, type Commands } from './commands.ts'
import { nginxConf } from './nginx-conf.ts'
import type { Options } from './options.ts'
import { paths, type Place } from './paths.ts'
import { copyPool, flatPool } from './pool.ts'
import { freePort } from '../support/free-port.ts'
import { running, type Running } from './running.ts'
import { saveSite } from './site.ts'

export type Name = 'nginx' | 'firn' | 'firn, text log' | 'against' | 'pypiserver'

/** A server of the benchmark. */
export interface Contender extends Running {
  readonly name: Name
  readonly kind: 'nginx' | 'firn' | 'pypiserver'
  /** Its path to a page or file; `undefined` if it has no such thing. */
  path(place: Place): string | undefined
}

/** Where contenders are made. */
export interface Workshop {
  readonly commands: Commands
  readonly options: Options
  readonly directory: string
  /** A data directory that is copied for each. */
  readonly pool: string
}

/** All servers, running, in the order in which they are measured. `started` hears of each as soon as it can be stopped. */
export async function startContenders(workshop: Workshop, started: (one: Contender) => void): Promise<void> {
  const begin = async (contender: Contender): Promise<Contender> => {
    started(contender)
    await contender.start()
    return contender
  }
  const { firn, against } = workshop.options
  const measured = await firnServer(workshop, { name: 'firn', program: firn, log: 'none' })
  const nginx = await nginxServer(workshop)
  started(nginx)
  await begin(measured)
  await saveSite(measured.url, siteOf(workshop))
  await nginx.start()
  await begin(await firnServer(workshop, { name: 'firn, text log', program: firn, log: 'text' }))
  if (against !== undefined) await begin(await firnServer(workshop, { name: 'against', program: against, log: 'none' }))
  await begin(await pypiServer(workshop))
}

interface Build {
  readonly name: Name
  readonly program: string
  readonly log: 'none' | 'text'
}

async function firnServer(workshop: Workshop, { name, program, log }: Build): Promise<Contender> {
  const port = await freePort()
  const data = join(workshop.directory, `data-${port}`)
  copyPool(workshop.pool, data)
  const serve = [process.execPath, program, 'serve', '--log', log, '--port', String(port), '--data', data]
  return contender(workshop, { name, kind: 'firn', port, argv: serve })
}

function siteOf({ directory }: Workshop): string {
  return join(directory, 'site')
}

async function nginxServer(workshop: Workshop): Promise<Contender> {
  const port = await freePort()
  const scratch = join(workshop.directory, 'nginx')
  mkdirSync(scratch)
  mkdirSync(join(siteOf(workshop), 'upload'), { recursive: true })
  const conf = join(scratch, 'nginx.conf')
  writeFileSync(conf, nginxConf({ port, site: siteOf(workshop), scratch }))
  const argv = [workshop.commands.nginx, '-c', conf, '-e', 'stderr', '-p', scratch]
  return contender(workshop, { name: 'nginx', kind: 'nginx', port, argv })
}

/** With the cache that its documentation recommends, and the first server of its own choice. */
async function pypiServer(workshop: Workshop): Promise<Contender> {
  const port = await freePort()
  const packages = join(workshop.directory, 'packages')
  flatPool(workshop.pool, packages)
  const tools = await toolEnvironment('pypiserver', ['pypiserver[cache]==2.4.2', 'waitress'])
  const serve = ['run', '-i', '127.0.0.1', '-p', String(port), '--backend', 'cached-dir', '--disable-fallback']
  const anyoneUploads = ['-P', '.', '-a', '.']
  const argv = [tools.bin('pypi-server'), ...serve, ...anyoneUploads, packages]
  return contender(workshop, { name: 'pypiserver', kind: 'pypiserver', port, argv })
}

interface Wanted extends Pick<Contender, 'name' | 'kind'> {
  readonly port: number
  readonly argv: readonly string[]
}

function contender({ commands, directory }: Workshop, { name, kind, port, argv }: Wanted): Contender {
  const path = (place: Place) => (kind === 'pypiserver' ? place.pypiserver : place.firn)
  const ready = path(paths.two) ?? '/'
  const log = join(directory, `${port}.log`)
  return { name, kind, path, ...running({ argv: onServerCore(commands, argv), port, ready, log }) }
}
