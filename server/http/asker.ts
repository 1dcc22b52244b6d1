import type { IncomingMessage } from 'node:http'
import type { NextFunction, Request, Response } from 'express'
import type { Access, Identity } from '../access/access.ts'
import { visibleRecords } from '../access/visible-records.ts'
import type { Deps } from '../deps.ts'

const identities = new WeakMap<IncomingMessage, Identity>()

/** Finds out who asks, before any route does anything. */
export function identifyAsker(access: Access) {
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const identity = await access.identify(req)
    identities.set(req, identity)
    // An answer that another asker would not be given is for no cache that others share (RFC 9111, 4.1).
    if (identity.proven || access.tellsApart) res.setHeader('Vary', 'Authorization')
    next()
  }
}

/** Throws `TypeError` on a request that `identifyAsker` has not seen. */
export function identityOf(req: IncomingMessage): Identity {
  const identity = identities.get(req)
  if (!identity) throw new TypeError('nobody has asked who asks')
  return identity
}

/** What the one who asks may see of what there is. Routes and actions work with this. */
export function askedBy<D extends Pick<Deps, 'records' | 'access'>>(deps: D, req: IncomingMessage): D {
  return { ...deps, records: visibleRecords(deps.records, deps.access.hiddenFrom(identityOf(req))) }
}

/** Who is named in audit events. */
export function actorOf(req: IncomingMessage): string {
  return identityOf(req).actor
}
