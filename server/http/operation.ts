import type { z } from 'zod'

/** One thing that the API does, as its description has it. The schemas are those that the route itself reads with. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** Below `/api/v1`, with `{name}` for what varies. */
  readonly path: string
  readonly summary: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** The answer below 300; default: JSON that is described elsewhere. */
  readonly answer?: z.ZodType
  /** Of the answer; default: `application/json`. */
  readonly type?: string
}

export function operation(
  method: Operation['method'],
  path: string,
  more: Omit<Operation, 'method' | 'path'>,
): Operation {
  return { method, path, ...more }
}
