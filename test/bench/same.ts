import { ask, type Answered } from './ask.ts'
import type { Contender } from './contenders.ts'
import type { Place } from './paths.ts'

export interface Question {
  readonly place: Place
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Throws unless all servers answer the same bytes. pypiserver's pages are its own: there the same links, with the same
 * digests, must be on them.
 */
export async function checkSame(question: Question, contenders: readonly Contender[]): Promise<void> {
  let first: Answered | undefined
  for (const contender of contenders) {
    const path = contender.path(question.place)
    if (path === undefined) continue
    const answer = await ask(`${contender.url}${path}`, { headers: question.headers })
    const where = `${contender.name}, ${path}`
    if (answer.status !== 200) throw new Error(`${where} is answered with ${answer.status}`)
    if (first) compare(first, answer, contender, where)
    first ??= answer
  }
}

function compare(first: Answered, answer: Answered, { kind }: Contender, where: string): void {
  if (answer.body.equals(first.body) && encoding(answer) === encoding(first)) return
  const isPage = first.headers['content-type']?.startsWith('text/html')
  if (kind === 'pypiserver' && isPage && links(answer).join('\n') === links(first).join('\n')) return
  throw new Error(`${where} is not the same as of the first server: ${describe(answer)}, not ${describe(first)}`)
}

function encoding({ headers }: Answered): string {
  return headers['content-encoding'] ?? 'identity'
}

/** The last segment of each link, with its digest. */
function links({ body }: Answered): readonly string[] {
  return [...body.toString().matchAll(/<a href="(?:[^"]*\/)?([^"/]+\/?)"/g)].map(([, end = '']) => end).toSorted()
}

function describe(answer: Answered): string {
  return `${answer.body.length} bytes (${encoding(answer)}), ${links(answer).length} links`
}
