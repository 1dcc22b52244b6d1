import type { Problem } from './pins/pin.ts'

/** A customer before and after: the newest release of a product, and the one to be laid over the new base. */
export interface Customer {
  readonly product: string
  /** `null` if the product has none. */
  readonly from: string | null
  /** `null` if no name can be made. */
  readonly to: string | null
}

/** What became of a customer. */
export interface Refrozen extends Customer {
  /** `same`: it is on that base already. `checked`: a dry run. */
  readonly outcome: 'frozen' | 'same' | 'checked' | 'failed'
  /** Why it failed: all of it. */
  readonly problems: readonly Problem[]
  /** What the new base makes needless: `lxml: own 5.2, karl/3.31 has 5.3`. */
  readonly notes: readonly string[]
}

/** What is told while customers are frozen anew; the last one is `done`. */
export type RefreezeEvent =
  | { readonly event: 'plan'; readonly base: string; readonly customers: readonly Customer[] }
  | ({ readonly event: 'customer' } & Refrozen)
  | {
      readonly event: 'done'
      readonly frozen: number
      readonly same: number
      readonly checked: number
      readonly failed: number
    }
