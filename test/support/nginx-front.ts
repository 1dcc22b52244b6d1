/** nginx in front of a firn, as docs/nginx.md says, each block of the page in the file that it names. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { startNginx, type Nginx } from './nginx.ts'
import { root } from './server.ts'

const page = readFileSync(join(root, 'docs', 'nginx.md'), 'utf8')

/** The options of `firn serve` on the page. */
export const documentedOptions = {
  trustedProxies: [optionOnPage('trusted-proxy')],
  accelRedirect: optionOnPage('accel-redirect'),
}

function optionOnPage(name: string): string {
  const value = new RegExp(`^\\$ firn serve .*--${name} (\\S+)`, 'm').exec(page)?.[1]
  if (value === undefined) throw new Error(`docs/nginx.md has no --${name}`)
  return value
}

export interface Front extends Nginx {
  /** The site, and the same below a path; without a slash at their ends. */
  readonly url: string
  readonly below: string
  /** Everything that is in the cache. */
  cached(): string
}

export async function startFront({ url, data }: { readonly url: string; readonly data: string }): Promise<Front> {
  const [port, belowPort] = [await freePort(), await freePort()]
  let cache = ''
  const nginx = await startNginx(port, (scratch) => {
    cache = join(scratch, 'cache')
    return siteOnPage([
      ['listen 80;', `listen 127.0.0.1:${port};`],
      ['listen 8080;', `listen 127.0.0.1:${belowPort};`],
      ['server 127.0.0.1:8047;', `server ${new URL(url).host};`],
      ['/var/cache/nginx-firn', cache],
      ['/var/lib/firn/pool/', join(data, 'pool/')],
    ])
  })
  return {
    ...nginx,
    url: `http://127.0.0.1:${port}`,
    below: `http://127.0.0.1:${belowPort}/python`,
    cached: () => filesBelow(cache).join('\n'),
  }
}

/** Each replacement has to have been there to be replaced. */
function siteOnPage(replacements: readonly (readonly [string, string])[]) {
  const blocks = [...page.matchAll(/```nginx\n# \/etc\/nginx\/(\S+)\n(.*?)```/gs)]
  const files = blocks.map(([, name = '', text = '']) => [name, text] as const)
  for (const [there] of replacements)
    if (!files.some(([, text]) => text.includes(there))) throw new Error(`docs/nginx.md has no ${there}`)
  const replaced = files.map(
    ([name, text]) =>
      [name, replacements.reduce((changed, [there, here]) => changed.replaceAll(there, here), text)] as const,
  )
  const sites = replaced.filter(([name]) => name.startsWith('conf.d/')).map(([name]) => `include ${name};`)
  return { http: sites.join('\n'), included: Object.fromEntries(replaced) }
}

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return entries.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
}
