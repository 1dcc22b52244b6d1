import type { Contender } from './contenders.ts'

/** What is wanted of firn. */
export type Aim =
  | { readonly atLeast: number; readonly of: 'nginx' }
  | { readonly atMost: number }
  /** Measured against something that is not in this run. */
  | { readonly said: string }

/** One line of the table. */
export interface Row {
  readonly key: string
  readonly title: string
  readonly unit: 'req/s' | 'files/s' | 'ms' | 'MB' | '×'
  readonly aim?: Aim
  /** Whether one measurement is as good as many. */
  readonly once?: boolean
  /** Throws if the servers do not answer the same. */
  check?(contenders: readonly Contender[]): Promise<void>
  /** One measurement; `undefined` if the server has no such thing. */
  measure(contender: Contender): Promise<number | undefined>
}
