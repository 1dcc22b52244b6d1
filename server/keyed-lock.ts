/** Runs work that has the same key one after the other, in the order of the calls. Different keys do not wait. */
export type KeyedLock = <T>(key: string, work: () => Promise<T>) => Promise<T>

export function keyedLock(): KeyedLock {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, turn)
    const forget = () => {
      if (last.get(key) === turn) last.delete(key)
    }
    turn.then(forget, forget)
    return turn
  }
}
