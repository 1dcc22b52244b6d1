import { clients, clientsOf, isLegacy, printClients } from './clients.ts'
import { grouped } from './grouped.ts'
import type { ManifestFile } from './manifest.ts'
import type { Notice } from './pins/pin.ts'

/** What is said of a release's pins of which neither pip nor uv can use any file; in the order of the files. */
export function legacyPins(files: readonly ManifestFile[]): readonly Notice[] {
  const pins = grouped(files, ({ name, version }) => `${name} ${version}`)
  return [...pins].flatMap(([pin, held]) => {
    const able = new Set(held.flatMap((file) => clientsOf({ ...file, requiresPython: file['requires-python'] })))
    const inOrder = clients.filter((client) => able.has(client))
    if (!isLegacy(inOrder)) return []
    return [{ message: `${pin}: no pip or uv of today can use its files: they are ${printClients(inOrder)}` }]
  })
}
