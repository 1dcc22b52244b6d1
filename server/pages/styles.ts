/** One sheet for all pages; no script, no inline style, nothing from elsewhere. */
export const styles = `:root { color-scheme: light dark; --ink: #1c2733; --soft: #5b6b7b; --line: #d5dde5; --ground: #fff; --raised: #f3f6f9; --link: #0b5cad }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf0; --soft: #9aa9b8; --line: #33414f; --ground: #141b22; --raised: #1d2731; --link: #7fbcff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 54rem; padding: 0 1.25rem; color: var(--ink); background: var(--ground); font: 1rem/1.55 system-ui, sans-serif }
header, footer { padding: 1rem 0; color: var(--soft) }
header { border-bottom: 1px solid var(--line) }
header a { font-weight: 700; font-size: 1.15rem; margin-right: .5rem; color: var(--ink); text-decoration: none }
footer { border-top: 1px solid var(--line); margin-top: 3rem; font-size: .875rem }
a { color: var(--link) }
h1 { font-size: 1.6rem; margin: 1.75rem 0 .75rem }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line) }
td time, td code { white-space: nowrap }
.wide { overflow-x: auto }
th { color: var(--soft); font-weight: 600; font-size: .875rem }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em }
pre code { font-size: inherit }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto }
dt { color: var(--soft); font-size: .875rem } dd { margin: 0 0 .75rem }
`
