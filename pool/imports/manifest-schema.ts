import { z } from 'zod'
import { rules } from '../findings.ts'
import type { Manifest } from '../manifest.ts'
import { isProjectName, normaliseName, type ProjectName } from '../project-name.ts'

const text = z.string().max(2000)
const name = z.string().max(200)
const version = z.string().max(100)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no sha256 in lower-case hex')
const instant = z.iso.datetime()
const many = 100_000

const project = z.custom<ProjectName>(
  (value) => typeof value === 'string' && isProjectName(value) && normaliseName(value) === value,
  'is no project name in normal form',
)

const file = z.strictObject({
  filename: z.string().max(255),
  project,
  name,
  version,
  kind: z.enum(['sdist', 'wheel', 'egg']),
  size: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  sha256,
  'metadata-sha256': sha256,
  // Left out where there is none, as in what was frozen before files had any.
  'provenance-sha256': sha256.exactOptional(),
  'requires-python': text.nullable(),
  'upload-time': instant,
  origin: text.nullable(),
})

const waiver = z.strictObject({
  rule: z.enum(rules),
  project,
  reason: text,
  by: text,
  until: z.iso.date().nullable(),
  waived: z.array(text).max(many),
})

/** A manifest from elsewhere: nothing unknown in it, nothing lacking, nothing endless. */
export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  schema: z.literal('firn-release/1'),
  product: name,
  release: name,
  base: z.strictObject({ product: name, release: name, digest: sha256 }).nullable(),
  // Not said before 0.2.
  overrides: z
    .array(z.strictObject({ project, name, from: version, to: version.nullable() }))
    .max(many)
    .default([]),
  targets: z.array(name).max(1000),
  roots: z.array(text).max(many),
  pins: z.array(z.strictObject({ project, name, version, marker: text.nullable() })).max(many),
  files: z.array(file).max(many),
  waivers: z.array(waiver).max(many),
  unknown: z.array(z.string().max(255)).max(many).default([]),
  source: z.strictObject({ url: text.nullable(), revision: name, tag: name.nullable() }).nullable(),
  changes: z.string().max(1_000_000).nullable(),
  'frozen-at': instant,
  'frozen-by': name,
})
