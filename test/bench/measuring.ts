import type { Contender, Name } from './contenders.ts'
import type { Row } from './row.ts'

/** What a row has come to. */
export interface Result {
  readonly row: Row
  /** Every round's figure by server; no entry for a server that has no such thing. */
  readonly figures: ReadonlyMap<Name, readonly number[]>
  /** Why the row has no figures. */
  readonly failed?: string
}

/** Measures a row: in each round every server once, in turns, so that whatever else the machine does hits all of them. */
export async function measureRow(row: Row, contenders: readonly Contender[], rounds: number): Promise<Result> {
  const figures = new Map<Name, number[]>()
  try {
    await row.check?.(contenders)
    for (let round = 0; round < (row.once ? 1 : rounds); round++) {
      for (const contender of turned(contenders, round)) {
        const figure = await row.measure(contender)
        if (figure !== undefined) figures.set(contender.name, [...(figures.get(contender.name) ?? []), figure])
      }
    }
    return { row, figures }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { row, figures: new Map(), failed: [message, ...deaths(contenders)].join('\n  ') }
  }
}

/** A server that has ended explains an error better than the error does. */
function deaths(contenders: readonly Contender[]): readonly string[] {
  return contenders.flatMap((contender) => {
    const how = contender.death()
    return how === undefined ? [] : [`${contender.name} ${how}`]
  })
}

/** Each round begins with another server. */
function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

export function median(figures: readonly number[] | undefined): number | undefined {
  if (figures === undefined || figures.length === 0) return undefined
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}
