import type { Iso } from '../../pool/distribution.ts'
import type { PublicKey } from '../../pool/proof/public-key.ts'

/** A key that something here was signed with, by this firn or before it. */
export interface KnownKey extends PublicKey {
  readonly since: Iso
}

export interface KeyRecords {
  /** Every key that was ever used here, the first used first. */
  keys(): Promise<readonly KnownKey[]>
  /**
   * Notes the key that is signed with from now on, with an event. The first key of all also signs what was there before
   * it: each event, and each release with an event of its own. Known already: nothing is changed, whatever lacks a
   * signature. All in one commit.
   */
  takeUpKey(at: Iso): Promise<'new' | 'known'>
}
