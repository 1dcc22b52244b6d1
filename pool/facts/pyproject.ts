import { parse } from 'smol-toml'
import type { Part } from '../archive-parts.ts'
import { isProjectName, normaliseName } from '../project-name.ts'
import { conditional, type StatedRequirements } from './requires-txt.ts'

/** What a sdist's pyproject.toml says of building it, and of what it needs. */
export interface Pyproject {
  /** `undefined`: unknown. */
  readonly buildRequires: readonly string[] | undefined
  /** `undefined`: the one that pip takes, which is setuptools. */
  readonly backend: string | undefined
  /** PEP 621, if it is stated there and not left to the backend. */
  readonly stated: StatedRequirements | undefined
}

/** What pip takes where there is no `[build-system]` (pip/_internal/pyproject.py; PEP 518 has it without a version). */
const withoutPyproject: Pyproject = { buildRequires: ['setuptools>=40.8.0'], backend: undefined, stated: undefined }

const unknown: Pyproject = { buildRequires: undefined, backend: undefined, stated: undefined }

/** Reads PEP 518 and PEP 621. What cannot be read is unknown: pip would not build it. */
export function readPyproject(part: Part): Pyproject {
  if (part === 'absent') return withoutPyproject
  const document = part === 'unreadable' ? undefined : readToml(part)
  if (document === undefined) return unknown
  const build = document['build-system']
  const stated = readProject(document['project'])
  if (build === undefined) return { ...withoutPyproject, stated }
  if (!isTable(build)) return { ...unknown, stated }
  const backend = build['build-backend']
  return { buildRequires: texts(build['requires']), backend: typeof backend === 'string' ? backend : undefined, stated }
}

type Table = Readonly<Record<string, unknown>>

/** Deeper nesting, and names that mean something to JavaScript, are those of an attacker. */
function readToml(bytes: Uint8Array): Table | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return parse(text, { maxDepth: 50, unsafeKeyBehaviour: 'drop' })
  } catch {
    return undefined // not UTF-8, or no TOML: who wrote it never knew; the file stands in the pool as it is
  }
}

/** PEP 621: what `dynamic` names is the backend's to say; what is neither stated nor dynamic is empty. */
function readProject(project: unknown): StatedRequirements | undefined {
  if (!isTable(project)) return undefined
  const dynamic = texts(project['dynamic'] ?? [])
  const requires = texts(project['dependencies'] ?? [])
  const optional = project['optional-dependencies'] ?? {}
  if (!dynamic || !requires || !isTable(optional)) return undefined
  if (dynamic.includes('dependencies') || dynamic.includes('optional-dependencies')) return undefined
  const extras = Object.entries(optional).filter(([name]) => isProjectName(name))
  return {
    requires: [
      ...requires,
      ...extras.flatMap(([name, wanted]) =>
        (texts(wanted) ?? []).map((text) => conditional(text, `extra == "${normaliseName(name)}"`)),
      ),
    ],
    extras: [...new Set(extras.map(([name]) => normaliseName(name)))].toSorted(),
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
}
