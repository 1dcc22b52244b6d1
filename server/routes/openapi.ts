import { Router } from 'express'
import { z } from 'zod'
import { openapiDocument } from '../http/openapi-document.ts'
import { operation, type Operation } from '../http/operation.ts'
import { version } from '../version.ts'
import { diffOperations } from './diff.ts'
import { eventQuery } from './events.ts'
import { fetchBody } from './fetch.ts'
import { fileOperations } from './files.ts'
import { findOperations } from './find.ts'
import { importBody } from './import.ts'
import { projectOperations } from './projects.ts'
import { refreezeBody } from './refreeze.ts'
import { manifestAnswer } from './release-fields.ts'
import { releaseQuestionOperations } from './release-questions.ts'
import { freezeBody } from './releases.ts'
import { tokenBody } from './tokens.ts'
import { whereUsedOperations } from './where-used.ts'
import { yankOperations } from './yanks.ts'

const text = z.string()
const lines = 'application/x-ndjson'

const freezeAnswer = z.strictObject({
  release: text,
  outcome: z.enum(['frozen', 'same', 'checked']),
  digest: text,
  signatures: z.array(z.looseObject({})),
  path: text,
  notices: z.array(z.looseObject({ message: text })),
  manifest: manifestAnswer,
})

const importAnswer = z.strictObject({
  release: text,
  outcome: text,
  digest: text,
  path: text,
  lacking: z.array(text),
})

const eventsAnswer = z.strictObject({
  events: z.array(
    z.strictObject({
      sequence: z.int(),
      at: z.iso.datetime(),
      actor: text,
      verb: text,
      subject: text,
      facts: z.record(text, z.unknown()),
      previous: text,
      digest: text,
      key: text.nullable(),
      signature: text.nullable(),
    }),
  ),
  next: z.int().nullable().describe('what `after` is for the page that follows'),
})

const instant = z.iso.datetime()

const tokenFields = {
  id: text,
  name: text,
  scopes: z.array(text),
  createdAt: instant,
  createdBy: text,
  expiresAt: instant.nullable(),
}

const listedToken = z.strictObject({ ...tokenFields, revokedAt: instant.nullable(), lastUsedAt: instant.nullable() })

const keysAnswer = z.strictObject({
  keys: z.array(z.strictObject({ id: text, pem: text, since: z.iso.datetime(), current: z.boolean() })),
})

/** Everything that the API does; a test compares it with the routes that there are. */
export const operations: readonly Operation[] = [
  operation('get', '/', {
    summary: 'What serves here',
    answer: z.strictObject({ name: text, version: text, api: text }),
  }),
  operation('get', '/openapi.json', { summary: 'This document' }),
  ...releaseQuestionOperations,
  operation('put', '/releases/{product}/{release}', {
    summary: 'Freeze a release',
    body: freezeBody,
    answer: freezeAnswer,
  }),
  operation('post', '/releases/import', {
    summary: 'Take in a release that was frozen elsewhere',
    body: importBody,
    answer: importAnswer,
  }),
  ...diffOperations,
  ...whereUsedOperations,
  ...findOperations,
  ...yankOperations,
  ...projectOperations,
  ...fileOperations,
  operation('post', '/fetch', {
    summary: 'Bring distributions into the pool, telling of it as it goes',
    body: fetchBody,
    type: lines,
  }),
  operation('post', '/refreeze', {
    summary: 'Lay customers over a new base, telling of each',
    body: refreezeBody,
    type: lines,
  }),
  operation('get', '/whoami', {
    summary: 'Who asks, and what he may do',
    answer: z.strictObject({ actor: text, scopes: z.array(text), proven: z.boolean() }),
  }),
  operation('get', '/tokens', { summary: 'All tokens', answer: z.strictObject({ tokens: z.array(listedToken) }) }),
  operation('post', '/tokens', {
    summary: 'Make a token, which is shown this once',
    body: tokenBody,
    answer: z.strictObject({ token: text, ...tokenFields }),
  }),
  operation('delete', '/tokens/{id}', {
    summary: 'Take a token away, at once and for good',
    answer: z.strictObject({ id: text, outcome: z.enum(['revoked', 'same']) }),
  }),
  operation('get', '/events', { summary: 'The log of every change', query: eventQuery, answer: eventsAnswer }),
  operation('get', '/events/head', { summary: 'The signed end of the log' }),
  operation('get', '/keys', { summary: 'The public keys that were ever signed with', answer: keysAnswer }),
]

/** `/api/v1/openapi.json`: the API as it is. */
export function openapiRoutes(): Router {
  const router = Router()
  const document = openapiDocument(operations, version)
  router.get('/', (_req, res) => {
    res.json(document)
  })
  return router
}
