import { Enums, Models } from '@cyclonedx/cyclonedx-library'
import { PackageURL } from 'packageurl-js'
import type { EmbeddedSbom } from '../../facts.ts'
import { statedLicence } from './component-licence.ts'

/** More of it is somebody's bomb. */
const most = { components: 5000, depth: 10, text: 1000 }

type Fields = Readonly<Record<string, unknown>>

/**
 * Puts what a CycloneDX document inside a wheel says into the wheel's own component (PEP 770): its components with name,
 * version, purl, hashes and licences, and who of them needs whom. All of it is the wheel's word; what is no valid
 * CycloneDX is left out. A document in another format adds nothing.
 */
export function mergeEmbedded(wheel: Models.Component, { path, text }: EmbeddedSbom): void {
  const bom = readBom(text)
  if (!bom) return
  const byRef = new Map<string, Models.Component>()
  const subject = fieldsOf(fieldsOf(bom['metadata'])['component'])['bom-ref']
  if (typeof subject === 'string') byRef.set(subject, wheel)
  const prefix = `${wheel.bomRef.value ?? ''}#${encodeURI(path)}`
  addComponents(wheel, bom['components'], { prefix, byRef, depth: 0 })
  for (const dependency of listOf(bom['dependencies'])) {
    const from = byRef.get(String(dependency['ref']))
    const on = Array.isArray(dependency['dependsOn']) ? (dependency['dependsOn'] as unknown[]) : []
    for (const ref of on) {
      const needed = byRef.get(String(ref))
      if (from && needed) from.dependencies.add(needed.bomRef)
    }
  }
}

function readBom(text: string): Fields | undefined {
  try {
    const bom = fieldsOf(JSON.parse(text))
    return bom['bomFormat'] === 'CycloneDX' ? bom : undefined
  } catch {
    return undefined
  }
}

interface Adding {
  readonly prefix: string
  /** What was added, by its reference in the document. */
  readonly byRef: Map<string, Models.Component>
  readonly depth: number
}

function addComponents(parent: Models.Component, given: unknown, { prefix, byRef, depth }: Adding): void {
  if (depth > most.depth) return
  for (const [at, fields] of listOf(given).slice(0, most.components).entries()) {
    const name = textOf(fields['name'])
    if (name === undefined) continue
    const component = componentOf(name, fields, `${prefix}/${at}`)
    const ref = fields['bom-ref']
    if (typeof ref === 'string' && !byRef.has(ref)) byRef.set(ref, component)
    parent.components.add(component)
    addComponents(component, fields['components'], { prefix: `${prefix}/${at}`, byRef, depth: depth + 1 })
  }
}

function componentOf(name: string, fields: Fields, bomRef: string): Models.Component {
  const [version, group, purl] = [textOf(fields['version']), textOf(fields['group']), purlOf(fields['purl'])]
  const types: readonly string[] = Object.values(Enums.ComponentType)
  const type = types.includes(String(fields['type'])) ? (fields['type'] as Enums.ComponentType) : undefined
  return new Models.Component(type ?? Enums.ComponentType.Library, name, {
    bomRef,
    hashes: hashesOf(fields['hashes']),
    licenses: licencesOf(fields['licenses']),
    ...(version === undefined ? {} : { version }),
    ...(group === undefined ? {} : { group }),
    ...(purl === undefined ? {} : { purl }),
  })
}

function purlOf(value: unknown): string | undefined {
  const text = textOf(value)
  try {
    return text === undefined ? undefined : PackageURL.fromString(text).toString()
  } catch {
    return undefined
  }
}

/** A digest that is none is left out when it is printed. */
function hashesOf(given: unknown): Models.HashDictionary {
  const known: readonly string[] = Object.values(Enums.HashAlgorithm)
  return new Models.HashDictionary(
    listOf(given).flatMap(({ alg, content }): Models.Hash[] => {
      const digest = textOf(content)
      return known.includes(String(alg)) && digest ? [[alg as Enums.HashAlgorithm, digest]] : []
    }),
  )
}

function licencesOf(given: unknown): Models.LicenseRepository {
  const stated = listOf(given).flatMap(({ expression, license }) => {
    const { id, name } = fieldsOf(license)
    return textOf(expression) ?? textOf(id) ?? textOf(name) ?? []
  })
  return new Models.LicenseRepository(stated.map(statedLicence))
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, most.text) : undefined
}
