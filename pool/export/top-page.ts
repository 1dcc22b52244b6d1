import { escape } from '../pages/simple-html.ts'
import { printReleaseName, type ReleaseName } from '../release-name.ts'
import { compareCodePoints } from '../version.ts'

/** The page at the top of a tree, for people: which releases it holds. */
export function topPage(releases: readonly ReleaseName[]): string {
  const names = releases.map(printReleaseName).toSorted(compareCodePoints)
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Releases</title>
</head>
<body>
<h1>Releases</h1>
<ul>
${names.map(item).join('\n')}
</ul>
<p>Each is an index for pip, uv and zc.buildout. With its URL as INDEX:</p>
<pre><code>pip install --index-url INDEX --require-hashes -r INDEXrequirements.txt</code></pre>
</body>
</html>
`
}

function item(name: string): string {
  const directory = `index/${name.split('/').map(encodeURIComponent).join('/')}`
  const documents = ['manifest.json', 'requirements.txt']
    .map((document) => `<a href="${escape(`${directory}/${document}`)}">${document}</a>`)
    .join(', ')
  return `<li><a href="${escape(`${directory}/index.html`)}">${escape(name)}</a>: ${documents}</li>`
}
