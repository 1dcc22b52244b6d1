/**
 * Project names: https://packaging.python.org/en/latest/specifications/name-normalization/ (PEP 503, PEP 508).
 */
import { RegistryError } from './errors.ts'

declare const normalised: unique symbol

/** A valid project name in its normal form (PEP 503): `Zope.Interface` is `zope-interface`. */
export type ProjectName = string & { readonly [normalised]: true }

// Names become directories of the pool and filenames: most file systems stop at 255 bytes, version and tags included.
const longest = 200

const valid = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/

/** Reads a project name as people write it. Throws `name-invalid` unless PEP 508 allows it and it fits 200 characters. */
export function parseProjectName(text: string): ProjectName {
  if (isProjectName(text)) return normaliseName(text)
  throw new RegistryError(
    'name-invalid',
    { name: text },
    { detail: `"${excerpt(text)}" is not a project name`, hint: hintFor(text) },
  )
}

/** Whether `parseProjectName` accepts the text. It need not be in normal form. */
export function isProjectName(text: string): boolean {
  return text.length <= longest && valid.test(text)
}

/** The normal form of PEP 503, for text already known to be a valid name (of a project or, PEP 685, of an extra). */
export function normaliseName(text: string): ProjectName {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand is given here and nowhere else
  return text.toLowerCase().replaceAll(/[-_.]+/g, '-') as ProjectName
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function hintFor(text: string): string {
  if (text === '') return 'give a name, such as zope.interface'
  if (text.length > longest) return `use at most ${longest} characters; this has ${text.length}`
  if (text !== text.trim()) return 'remove the white space around the name'
  if (/[^A-Za-z0-9._-]/.test(text)) return 'use only ASCII letters, digits, ".", "_" and "-"'
  return 'begin and end the name with an ASCII letter or a digit'
}
