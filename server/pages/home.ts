import { escape } from '../../pool/pages/simple-html.ts'
import { indexPath, printReleaseName } from '../../pool/release-name.ts'
import type { ReleaseSummary } from '../../storage/ports.ts'
import { layout } from './layout.ts'

export interface Home {
  /** The URL that the visitor knows the server by, with a slash at its end. */
  readonly base: string
  readonly releases: readonly ReleaseSummary[]
  readonly projects: number
}

export function homePage({ base, releases, projects }: Home): string {
  const count = projects === 1 ? '1 project' : `${projects} projects`
  return layout(
    'firn',
    `<h1>Releases</h1>
${releases.length === 0 ? emptyState() : releaseTable(releases)}
${releases.length === 0 ? '' : installHelp(base, releases)}
<h2>Pool</h2>
<p><a href="./simple/">${count}</a> in the live index. Upload to <code>${escape(base)}legacy/</code>:</p>
<pre><code>twine upload --repository-url ${escape(base)}legacy/ dist/*</code></pre>`,
  )
}

function emptyState(): string {
  return `<p>Nothing is frozen yet. Bring files into the pool, then freeze a release of them:</p>
<pre><code>npx firn fetch -r requirements.txt
npx firn freeze karl/3.30 -r requirements.txt</code></pre>`
}

function releaseTable(releases: readonly ReleaseSummary[]): string {
  const rows = releases.map(({ name, digest, frozenAt }) => {
    // On a phone a long name goes on below, and no name is broken within.
    const release = escape(printReleaseName(name)).replace('/', '/<wbr>')
    const index = escape(`.${indexPath(name)}`)
    const day = escape(frozenAt.slice(0, 16).replace('T', ' '))
    return `<tr><td><a href="${index}">${release}</a></td><td><time datetime="${escape(frozenAt)}">${day}</time></td><td><a href="${index}manifest.json"><code>${digest.slice(0, 12)}</code></a></td></tr>`
  })
  return `<div class="wide"><table>
<thead><tr><th scope="col">Release</th><th scope="col">Frozen (UTC)</th><th scope="col">Digest</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>`
}

function installHelp(base: string, [first]: readonly ReleaseSummary[]): string {
  if (!first) return ''
  const url = escape(`${base}${indexPath(first.name).slice(1)}`)
  return `<p>Install one exactly as it was frozen:</p>
<pre><code>pip install --index-url ${url} \\
    --require-hashes -r ${url}requirements.txt</code></pre>`
}
