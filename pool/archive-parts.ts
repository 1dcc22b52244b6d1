/** A file inside an archive. `unreadable`: it is there, but is no plain file, is damaged, or is larger than it is worth. */
export type Part = Uint8Array | 'absent' | 'unreadable'

/** What an archive is read for, taken out of it in one pass; nothing in it has been understood yet. */
export interface ArchiveParts {
  /** METADATA or PKG-INFO, byte for byte. */
  readonly metadata: Uint8Array
  /** Of an egg its `EGG-INFO`, of a sdist each `*.egg-info` at its top or one directory down; ascending by path. */
  readonly eggInfos: readonly EggInfo[]
  /** Of a sdist. */
  readonly pyproject: Part
  readonly hasSetupPy: boolean
  /** Of a wheel, those of `<one>.dist-info/sboms/` (PEP 770); ascending by path. */
  readonly sboms: readonly { readonly path: string; readonly bytes: Uint8Array }[]
}

export interface EggInfo {
  /** `src/karl.egg-info` */
  readonly path: string
  readonly requiresTxt: Part
}
