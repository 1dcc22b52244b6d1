import { z } from 'zod'
import type { Operation } from './operation.ts'

/** A document after OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1 */
export interface OpenapiDocument {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string }
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
}

/** Describes operations by the schemas that their routes read with. */
export function openapiDocument(operations: readonly Operation[], version: string): OpenapiDocument {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) }
  }
  // The document's own directory: it holds under any host and prefix.
  return { openapi: '3.1.1', info: { title: 'firn', version }, servers: [{ url: '.' }], paths }
}

function describe({ path, summary, query, body, answer, type = 'application/json' }: Operation): object {
  return {
    summary,
    parameters: [...pathParameters(path), ...(query ? queryParameters(query) : [])],
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: asked(body) } } } } : {}),
    responses: {
      '2XX': { description: summary, content: { [type]: { schema: answer ? answered(answer) : {} } } },
      default: {
        description: 'What is wrong (RFC 9457)',
        content: { 'application/problem+json': { schema: problem } },
      },
    },
  }
}

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    hint: { type: 'string' },
  },
}

function pathParameters(path: string): readonly object[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
}

function queryParameters(query: z.ZodObject): readonly object[] {
  const { properties = {}, required = [] } = asked(query)
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

type Schema = z.core.JSONSchema.BaseSchema

/** What may be sent: before anything is read out of it. */
function asked(schema: z.ZodType): Schema {
  return described(schema, 'input')
}

function answered(schema: z.ZodType): Schema {
  return described(schema, 'output')
}

function described(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
