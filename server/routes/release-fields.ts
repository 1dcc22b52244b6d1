import { z } from 'zod'
import { sha256Pattern } from '../../pool/digest.ts'
import { printReleaseName } from '../../pool/release-name.ts'
import type { ReleaseSummary } from '../../storage/ports.ts'
import type { OpenedRelease } from '../actions/show-release.ts'

/** Releases as answers have them. */

const sha256 = z.string().regex(sha256Pattern)

export const baseField = z.strictObject({ product: z.string(), release: z.string(), digest: sha256 })

export const summaryFields = {
  product: z.string(),
  release: z.string(),
  digest: sha256,
  'frozen-at': z.iso.datetime(),
  'frozen-by': z.string(),
  pins: z.int().describe('how many'),
  files: z.int().describe('how many'),
  base: baseField.nullable(),
}

export const summaryAnswer = z.strictObject(summaryFields)

export function presentSummary(summary: ReleaseSummary): z.input<typeof summaryAnswer> {
  const { name, digest, frozenAt, frozenBy, pins, files, base } = summary
  return { ...name, digest, 'frozen-at': frozenAt, 'frozen-by': frozenBy, pins, files, base }
}

/** A release that an answer is about. */
export const sideAnswer = z.strictObject({ release: z.string(), digest: sha256, 'frozen-at': z.iso.datetime() })

export function presentSide({ name, digest, manifest }: OpenedRelease): z.input<typeof sideAnswer> {
  return { release: printReleaseName(name), digest, 'frozen-at': manifest['frozen-at'] }
}

const text = z.string()

export const waiverAnswer = z.strictObject({
  rule: text,
  project: text,
  reason: text,
  by: text,
  until: text.nullable(),
  waived: z.array(text),
})

/** What there is of a manifest at least; a later firn may say more in it. */
export const manifestAnswer = z.looseObject({
  schema: z.literal('firn-release/1'),
  product: text,
  release: text,
  base: baseField.nullable(),
  overrides: z.array(z.looseObject({ project: text, name: text, from: text, to: text.nullable() })),
  targets: z.array(text),
  roots: z.array(text),
  pins: z.array(z.looseObject({ project: text, name: text, version: text, marker: text.nullable() })),
  files: z.array(
    z.looseObject({
      filename: text,
      project: text,
      version: text,
      kind: z.enum(['sdist', 'wheel', 'egg']),
      size: z.int(),
      sha256,
      'upload-time': z.iso.datetime(),
      origin: text.nullable(),
    }),
  ),
  waivers: z.array(z.looseObject(waiverAnswer.shape)),
  unknown: z.array(text),
  changes: text.nullable(),
  'frozen-at': z.iso.datetime(),
  'frozen-by': text,
})
