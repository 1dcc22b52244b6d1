import { errors, isRegistryError, type RegistryError } from '../pool/errors.ts'
import type { Problem } from '../pool/pins/pin.ts'
import { plain, type Io } from './io.ts'

/** Says on stderr what went wrong and what to do; `--json` prints the problem on stdout. Returns the exit code. */
export function reportError(
  error: unknown,
  io: Io,
  { json, debug }: { readonly json: boolean; readonly debug: boolean },
): number {
  if (!isRegistryError(error)) {
    const text = error instanceof Error ? (debug ? (error.stack ?? error.message) : error.message) : String(error)
    io.stderr.write(plain(`error: ${errors.internal.title}: ${text}\n`))
    if (!debug) io.stderr.write('hint: run it again with --debug to see where\n')
    return errors.internal.exit
  }
  const { code, detail, hint, facts } = error
  if (json) io.stdout.write(`${JSON.stringify({ ...facts, code, title: errors[code].title, detail, hint })}\n`)
  else io.stderr.write(describe(error))
  if (debug) io.stderr.write(`${error.stack ?? ''}\n`)
  return errors[code].exit
}

/** An error as it is read on a terminal: what, each problem and difference on a line of its own, what to do. */
export function describe({ code, detail, hint, facts }: RegistryError): string {
  const lines = [
    `error: ${errors[code].title}${detail === undefined ? '' : `: ${detail}`}`,
    ...describeProblems(listOf<Problem>(facts['problems']).filter((problem) => !saysAll(detail, problem))),
    ...listOf<string>(facts['differences']).map((difference) => `  ${difference}`),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ]
  return plain(`${lines.join('\n')}\n`)
}

/** A problem that is the only one may be the detail already. */
function saysAll(detail: string | undefined, { place, message, hint }: Problem): boolean {
  return message === detail && place === undefined && hint === undefined
}

/** Problems that are mended in the same way stand together, with the way after the last of them. */
function describeProblems(all: readonly Problem[]): string[] {
  const problems = all.slice(0, mostShown)
  const left = all.length - problems.length
  const lines = problems.flatMap(({ place, message, hint }, index) => {
    const line = `  ${place ? `${place.source}:${place.line}: ` : ''}${message}`
    const last = hint !== undefined && problems[index + 1]?.hint !== hint
    return last ? [line, `    ${hint}`] : [line]
  })
  return left === 0 ? lines : [...lines, `  and ${left} more: --json prints all of them`]
}

/** More than anyone reads before mending the first of them. */
const mostShown = 200

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : []
}
