import type { Sha256 } from '../../pool/distribution.ts'
import type { ReleaseProblem } from '../../pool/proof/release-problem.ts'
import type { ReleaseName } from '../../pool/release-name.ts'

/** Where releases lie: a server, an export, a bundle. Paths are those of `releaseTree`. */
export interface Place {
  /** For people. */
  readonly name: string
  /** URL of where its releases are served; `undefined`: their own documents say it. */
  readonly base: string | undefined
  /** Whether a project's page lies under its real names too. */
  readonly hasAliases: boolean
  /**
   * The bytes at a path; `undefined`: nothing is there. Throws `server-unreachable`; all else that it throws is what is
   * wrong with this path.
   */
  open(path: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** The digest that the place says a release has, where it says one. Throws `release-unknown`. */
  digestOf(name: ReleaseName): Promise<Sha256 | undefined>
  /** For a place that can be looked through. */
  readonly listing: Listing | undefined
  close(): Promise<void>
}

export interface Listing {
  /** Every release of which there is a manifest. */
  readonly releases: readonly ReleaseName[]
  /** Every file below a release's own directory. */
  readonly below: (directory: string) => Promise<readonly string[]>
  /** Every file of all, where none but the releases' own may be. */
  readonly all: readonly string[] | undefined
  /** What is wrong with the place itself. */
  readonly problems: readonly ReleaseProblem[]
}
