import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { RegistryError } from '../../pool/errors.ts'
import { parseYoungException, type Cooldown } from '../../pool/policy/cooldown.ts'
import { parseDuration } from '../../pool/policy/duration.ts'
import type { Deps } from '../deps.ts'
import { identityOf } from '../http/asker.ts'

/** `7d` */
export const durationField = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, { error: 'it is a time, as 36h, 7d or 2w' })

export interface CooldownAsked {
  readonly minAge?: string | undefined
  readonly allowYoung: readonly string[]
}

/** What is asked for, and what the server itself asks for. Throws `request-invalid`, `name-invalid`, `version-invalid`. */
export function cooldownOf(
  { minAge: floor, access }: Pick<Deps, 'minAge' | 'access'>,
  req: IncomingMessage,
  { minAge, allowYoung }: CooldownAsked,
): Cooldown {
  const least = minAge === undefined ? 0 : parseDuration(minAge)
  if (least === undefined) throw new RegistryError('request-invalid', {}, { detail: 'the least age is no time' })
  return {
    least,
    floor,
    mayPassFloor: access.may(identityOf(req), { verb: 'admin' }),
    exceptions: allowYoung.map(parseYoungException),
  }
}
