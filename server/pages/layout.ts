import { escape } from '../../pool/pages/simple-html.ts'
import { version } from '../version.ts'

/** A page for people around its `body`, which is HTML already. `toRoot` leads from the page to `/`: links are relative. */
export function layout(title: string, body: string, toRoot: './' | '../' = './'): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="stylesheet" href="${toRoot}style.css">
</head>
<body>
<header><a href="${toRoot}">firn</a> <span>Python package index and release registry</span></header>
<main>
${body}
</main>
<footer>firn ${escape(version)} · <a href="${toRoot}simple/">live index</a></footer>
</body>
</html>
`
}
