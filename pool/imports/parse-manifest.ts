import { RegistryError } from '../errors.ts'
import { manifestProblems } from './manifest-problems.ts'
import type { Manifest } from '../manifest.ts'
import type { Problem } from '../pins/pin.ts'
import { manifestSchema } from './manifest-schema.ts'

/** Reads a manifest that nobody here has made. Throws `manifest-invalid`, which lists all that is wrong with it. */
export function parseManifest(text: string): Manifest {
  const { success, data, error } = manifestSchema.safeParse(parseJson(text))
  if (!success) {
    throw invalid(error.issues.map(({ path, message }) => ({ message: `${placeOf(path)}: ${message.slice(0, 300)}` })))
  }
  const problems = manifestProblems(data, text)
  if (problems.length > 0) throw invalid(problems)
  return data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid([{ message: `it is no JSON: ${cause instanceof Error ? cause.message.slice(0, 200) : ''}` }])
  }
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.map((part) => String(part).slice(0, 60)).join('.') || 'the manifest'
}

const shown = 100

function invalid(problems: readonly Problem[]): RegistryError {
  const more = problems.length - shown
  const listed = more > 0 ? [...problems.slice(0, shown), { message: `and ${more} more` }] : problems
  const detail = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return new RegistryError('manifest-invalid', { problems: listed }, { detail })
}
