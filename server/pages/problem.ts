import { errors, type ErrorCode } from '../../pool/errors.ts'
import { escape } from '../../pool/pages/simple-html.ts'
import { layout } from './layout.ts'

/** What the `type` of a problem answer points to (RFC 9457). */
export function problemPage(code: ErrorCode): string {
  const { title, status, exit } = errors[code]
  return layout(
    title,
    `<h1>${escape(title)}</h1>
<dl>
<dt>Code</dt><dd><code>${escape(code)}</code></dd>
<dt>HTTP status</dt><dd>${status}</dd>
<dt>Exit code of the command line</dt><dd>${exit}</dd>
</dl>
<p>The answer itself says in <code>detail</code> what happened, and in <code>hint</code> what can be done about it.</p>`,
    '../',
  )
}
