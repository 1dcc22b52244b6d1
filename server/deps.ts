import type { RegistryError } from '../pool/errors.ts'
import type { Iso } from '../pool/distribution.ts'
import type { Policy } from '../pool/policy/policy.ts'
import type { Store } from '../storage/store.ts'
import type { Access } from './access/access.ts'
import type { ClientOf } from './http/client.ts'
import type { ReadyAnswers } from './hot/ready-answers.ts'
import type { Intake } from './intake.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { PullThrough } from './upstream/pull-through.ts'
import type { UpstreamClient } from './upstream/client.ts'

/** Told of every error that is not the client's, with the id of the request that met it. */
export type OnError = (error: RegistryError, requestId: string) => void

/** What actions and routes work with, each with the parts that it names. Made once, in `server.ts`. */
export interface Deps extends Pick<Store, 'records' | 'files' | 'staging' | 'fault' | 'signer'> {
  readonly now: () => Iso
  /** One at a time for each filename and for each project: what is looked at stays as it is until the row is written. */
  readonly lock: KeyedLock
  readonly access: Access
  readonly ready: ReadyAnswers
  readonly upstream: UpstreamClient
  /** Where the live index shows what an upstream has besides. */
  readonly pullThrough: PullThrough | undefined
  readonly clientOf: ClientOf
  readonly onError: OnError
  /** What a release may hold. */
  readonly policy: Policy
  /** The largest file that is taken in, in bytes. */
  readonly uploadLimit: number
  /** How long an upstream must have had a file before it comes in, in milliseconds; 0: a file of any age does. */
  readonly minAge: number
  /** What is taken in at once. */
  readonly intake: Intake
  /** Whether the server has not been asked to stop. */
  readonly accepting: () => boolean
  /** The URL that clients know the server by, with a slash at its end; none: each came by its own. */
  readonly publicUrl?: string | undefined
  /** Where a trusted nginx has the pool for itself alone, as `/_firn_pool/`: it is told to send large files from there. */
  readonly accelRedirect?: string | undefined
}
