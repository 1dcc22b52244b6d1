import type { Sha256 } from './distribution.ts'

/**
 * What is read out of a distribution once, when it enters the pool, besides its core metadata: what it needs and what
 * its licence is. A later reader that finds more writes new facts beside the old ones; see `factsReader`.
 */
export interface DistributionFacts {
  /**
   * Requirements to run (PEP 508 texts; those of an extra have `extra == "…"` in their marker). `null`: unknown, since
   * an old sdist states them only in code.
   */
  readonly requires: readonly string[] | null
  /** The extras that it says it has, normalised (PEP 685), ascending. */
  readonly extras: readonly string[]
  /**
   * Requirements to build a sdist (PEP 518; what pip takes where there is no pyproject.toml); `[]` for wheels and eggs.
   * `null`: unknown, since its pyproject.toml cannot be read.
   */
  readonly buildRequires: readonly string[] | null
  readonly licence: LicenceStatement
  /** SBOM documents inside a wheel (PEP 770), ascending by path. */
  readonly sboms: readonly EmbeddedSbom[]
}

/** What core metadata says of the licence, as it stands there. */
export interface LicenceStatement {
  /** `License-Expression` (PEP 639). */
  readonly expression: string | null
  /** `License`, its first line, 200 characters at most. */
  readonly text: string | null
  /** `Classifier: License :: …`, ascending. */
  readonly classifiers: readonly string[]
}

export interface EmbeddedSbom {
  /** Below the archive's root: `foo-1.0.dist-info/sboms/auditwheel.cdx.json`. */
  readonly path: string
  readonly sha256: Sha256
  readonly text: string
}

/** Of a file that cannot be read. */
export const unknownFacts: DistributionFacts = {
  requires: null,
  extras: [],
  buildRequires: null,
  licence: { expression: null, text: null, classifiers: [] },
  sboms: [],
}

/** Raised when facts are read otherwise than before: what was read by another reader is read again when it is needed. */
export const factsReader = 1
