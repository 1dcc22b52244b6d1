import { Transform } from 'node:stream'

/** What distutils has between the parts of every form, in all versions of Python that had it. */
const distutilsBoundary = '--------------GHSKFJDLGDS7543FJKLFHRE75642756743254'

/** Longer headers of a part are left as they are, for the reader of the form to refuse. */
const longestHeaders = 16 * 1024

/** Whether a request may be of a Python before 2.7.7, whose forms need `withCarriageReturns`. */
export function mayHaveLineFeeds(contentType: string | undefined): boolean {
  return contentType?.includes(distutilsBoundary) === true
}

/**
 * Gives a form of an old distutils the line ends of RFC 2046, 5.1.1: up to Python 2.7.6 they were LF alone
 * (bpo-10510). What is between the headers of a part and the next boundary stays as it is, and so does a form that
 * begins with CR.
 */
export function withCarriageReturns(): Transform {
  const read = reader()
  return new Transform({
    transform: (chunk: Buffer, _encoding, callback) => callback(null, read(chunk, false)),
    flush: (callback) => callback(null, read(Buffer.alloc(0), true)),
  })
}

type State = 'start' | 'content' | 'headers' | 'rest'

function reader(): (chunk: Buffer, isLast: boolean) => Buffer {
  const delimiter = Buffer.from(`\n--${distutilsBoundary}`)
  let state: State = 'start'
  let kept = Buffer.alloc(0)
  const step = (): Buffer | undefined => {
    if (state === 'start' && kept.length > 0) state = kept[0] === 0x0a ? 'content' : 'rest'
    if (state === 'content') {
      const at = kept.indexOf(delimiter)
      if (at < 0) return take(Math.max(0, kept.length - delimiter.length))
      state = 'headers'
      const content = take(at)
      take(delimiter.length)
      return Buffer.concat([content, Buffer.from('\r\n'), delimiter.subarray(1)])
    }
    if (state === 'headers') {
      const end = kept.indexOf('\n\n')
      const isEnd = kept.subarray(0, 2).toString() === '--'
      if (isEnd || (end < 0 ? kept.length : end) > longestHeaders) state = 'rest'
      else if (end < 0) return undefined
      else {
        state = 'content'
        return withReturns(take(end + 2))
      }
    }
    return state === 'rest' ? take(kept.length) : undefined
  }
  const take = (length: number): Buffer => {
    const taken = kept.subarray(0, length)
    kept = kept.subarray(length)
    return taken
  }
  return (chunk, isLast) => {
    kept = Buffer.concat([kept, chunk])
    const ready: Buffer[] = []
    for (let next = step(); next !== undefined && next.length > 0; next = step()) ready.push(next)
    return Buffer.concat(isLast ? [...ready, take(kept.length)] : ready)
  }
}

function withReturns(lines: Buffer): Buffer {
  return Buffer.from(lines.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
}
