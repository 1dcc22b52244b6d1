/** Something of a release that is not as it was frozen. */
export interface ReleaseProblem {
  /** Where: a path of the release's tree. */
  readonly path: string
  /** What is wrong there, as the rest of a sentence that begins with the path. */
  readonly message: string
  /** What to do, where something can be done. */
  readonly hint?: string
}
