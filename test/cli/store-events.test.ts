import { expect, it } from 'vitest'
import { progress } from '../../cli/progress.ts'
import { showUpkeep } from '../../cli/commands/store-events.ts'
import { normaliseName } from '../../pool/project-name.ts'

const project = normaliseName('karl')

/** What is printed of a backup of so many files. */
function printed(files: number, options: { readonly json: boolean; readonly files: boolean }): readonly string[] {
  const lines: string[] = []
  const out = { write: (text: string) => lines.push(text) }
  const io = { stdout: out, stderr: out, env: {}, signal: new AbortController().signal }
  const show = showUpkeep(progress(io), options)
  show({ event: 'plan', what: 'files', files, bytes: files })
  for (let at = 0; at < files; at++) show({ event: 'copied', project, filename: `karl-${at}.zip`, size: 1 })
  show({ event: 'dropped', name: '2026-11-25T23-32-54.722Z', at: null })
  return lines
}

const dropped = 'dropped  the snapshot 2026-11-25T23-32-54.722Z, which was never finished\n'

it('names the files that are copied, unless they are more than anybody reads', () => {
  expect(printed(2, { json: false, files: true })).toEqual([
    'copied   karl-0.zip  1 B\n',
    'copied   karl-1.zip  1 B\n',
    dropped,
  ])
  expect(printed(51, { json: false, files: true })).toEqual([dropped])
  expect(printed(2, { json: false, files: false })).toEqual([dropped])
  expect(printed(51, { json: true, files: true })).toHaveLength(53)
})
