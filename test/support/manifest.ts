import type { Manifest } from '../../pool/manifest.ts'

/** A manifest of `karl/3.30` in which nothing is said but what is given. */
export function aManifest(given: Partial<Manifest> = {}): Manifest {
  return {
    schema: 'firn-release/1',
    product: 'karl',
    release: '3.30',
    base: null,
    overrides: [],
    targets: [],
    roots: [],
    pins: [],
    files: [],
    waivers: [],
    unknown: [],
    source: null,
    changes: null,
    'frozen-at': '2026-11-24T11:13:00.000Z',
    'frozen-by': 'jan',
    ...given,
  }
}
