/**
 * Every way in which firn says no: one row a code. HTTP answers (RFC 9457), exit codes (sysexits.h) and the pages
 * under `/problems/` are all made from this table. Callers and tests branch on the code, never on the text.
 */

interface ErrorFacts {
  /** HTTP status of the problem answer. */
  readonly status: number
  /** Exit code of the CLI, after sysexits.h. */
  readonly exit: number
  /** One line for people; also the reason phrase on the upload API, since twine shows nothing else. */
  readonly title: string
}

export const errors = {
  'request-invalid': { status: 400, exit: 64, title: 'Request is not valid' },
  'name-invalid': { status: 400, exit: 65, title: 'Project name is not valid' },
  'version-invalid': { status: 400, exit: 65, title: 'Version is not valid' },
  'release-name-invalid': { status: 400, exit: 65, title: 'Release name is not valid' },
  'target-invalid': { status: 400, exit: 64, title: 'Target is not valid' },
  'requirement-invalid': { status: 400, exit: 65, title: 'Requirement is not valid' },
  'filename-invalid': { status: 400, exit: 65, title: 'Filename is not that of a distribution' },
  'archive-invalid': { status: 400, exit: 65, title: 'Archive cannot be accepted' },
  'metadata-missing': { status: 400, exit: 65, title: 'Archive has no core metadata' },
  'metadata-invalid': { status: 400, exit: 65, title: 'Core metadata is not valid' },
  'metadata-mismatch': { status: 400, exit: 65, title: 'Filename, form and metadata disagree' },
  'attestation-invalid': { status: 400, exit: 65, title: 'Attestations cannot be accepted' },
  'upload-invalid': { status: 400, exit: 65, title: 'Upload form is not valid' },
  'upload-incomplete': { status: 400, exit: 65, title: 'Upload ended before it was complete' },
  'upload-too-large': { status: 413, exit: 65, title: 'File is larger than this server accepts' },
  'digest-mismatch': { status: 422, exit: 65, title: 'Content does not match its digest' },
  'distribution-exists': { status: 409, exit: 73, title: 'File already exists with other content' },
  'filename-taken': { status: 409, exit: 73, title: 'Filename belongs to a file that is private to a product' },
  'distribution-unknown': { status: 404, exit: 66, title: 'No such file in the pool' },
  'distribution-removed': { status: 410, exit: 66, title: 'File was removed from the pool' },
  'distribution-in-use': { status: 409, exit: 73, title: 'File is held by a release' },
  'project-closed': { status: 403, exit: 77, title: 'Project takes in no files' },
  'project-unknown': { status: 404, exit: 66, title: 'No such project' },
  'release-unknown': { status: 404, exit: 66, title: 'No such release' },
  'release-frozen': { status: 409, exit: 73, title: 'Release is already frozen with other content' },
  'source-changed': { status: 400, exit: 65, title: 'Work tree has changes that are not committed' },
  'waiver-invalid': { status: 400, exit: 64, title: 'Waiver is not valid' },
  'key-invalid': { status: 400, exit: 65, title: 'Key is not an Ed25519 key' },
  'key-unknown': { status: 404, exit: 66, title: 'No such key' },
  'head-invalid': { status: 400, exit: 65, title: 'File does not hold the head of a log' },
  'freeze-refused': { status: 422, exit: 65, title: 'Release cannot be frozen' },
  'manifest-invalid': { status: 422, exit: 65, title: 'Manifest is not valid' },
  'import-refused': { status: 422, exit: 65, title: 'Release cannot be imported' },
  'bundle-invalid': { status: 400, exit: 65, title: 'Bundle cannot be accepted' },
  'export-differs': { status: 409, exit: 73, title: 'Directory holds other content' },
  'link-refused': { status: 409, exit: 73, title: 'Archive is not replaced by a link' },
  'pins-invalid': { status: 422, exit: 65, title: 'Pins cannot be read' },
  'resolution-failed': { status: 422, exit: 65, title: 'Requirements cannot be met' },
  'resolver-unusable': { status: 500, exit: 69, title: 'uv cannot be used' },
  'fetch-refused': { status: 422, exit: 65, title: 'Nothing was fetched' },
  'fetch-incomplete': { status: 502, exit: 75, title: 'Not everything could be fetched' },
  'project-own': { status: 409, exit: 73, title: "Project is the team's own" },
  'file-young': { status: 422, exit: 65, title: 'File is too young' },
  'upstream-lacks': { status: 404, exit: 66, title: 'Upstream index does not have it' },
  'upstream-unavailable': { status: 502, exit: 69, title: 'Upstream index cannot be used' },
  'token-required': { status: 401, exit: 77, title: 'A token is needed' },
  'token-invalid': { status: 401, exit: 77, title: 'Token does not hold' },
  'not-allowed': { status: 403, exit: 77, title: 'Token does not allow it' },
  'attempts-exceeded': { status: 429, exit: 75, title: 'Too many wrong tokens' },
  'server-busy': { status: 503, exit: 75, title: 'Server takes in as much as it may' },
  'not-ready': { status: 503, exit: 75, title: 'Server is not ready' },
  'token-unknown': { status: 404, exit: 66, title: 'No such token' },
  'scope-invalid': { status: 400, exit: 64, title: 'Scope is not valid' },
  'path-unknown': { status: 404, exit: 66, title: 'Nothing is served here' },
  'method-not-allowed': { status: 405, exit: 64, title: 'Method is not allowed here' },
  'cross-origin': { status: 403, exit: 77, title: 'Request comes from the page of another site' },
  'not-acceptable': { status: 406, exit: 64, title: 'None of the accepted types is served' },
  'range-not-satisfiable': { status: 416, exit: 64, title: 'Range lies outside the file' },
  'storage-full': { status: 507, exit: 75, title: 'No space left for the pool' },
  'file-missing': { status: 500, exit: 70, title: 'A file of the pool is missing from storage' },
  'data-too-new': { status: 500, exit: 78, title: 'Data directory was made by a newer firn' },
  'data-in-use': { status: 500, exit: 75, title: 'Data directory is in use by another firn' },
  'data-unusable': { status: 500, exit: 78, title: 'Data directory cannot be used' },
  'backup-unusable': { status: 500, exit: 73, title: 'Directory cannot take the backup' },
  'backup-in-use': { status: 500, exit: 75, title: 'Another backup is being written there' },
  'backup-incomplete': { status: 500, exit: 65, title: 'Snapshot lacks files' },
  'backup-damaged': { status: 500, exit: 65, title: 'Backup is damaged' },
  'snapshot-unknown': { status: 404, exit: 66, title: 'No such snapshot' },
  'restore-refused': { status: 500, exit: 73, title: 'Nothing is restored there' },
  'signing-key-unusable': { status: 500, exit: 78, title: 'Signing key cannot be used' },
  'address-unusable': { status: 500, exit: 75, title: 'Server cannot listen there' },
  'version-mismatch': { status: 400, exit: 78, title: 'Command and server do not speak the same API' },
  'server-unreachable': { status: 502, exit: 69, title: 'firn server cannot be reached' },
  'config-invalid': { status: 400, exit: 78, title: 'Configuration cannot be used' },
  'input-unreadable': { status: 400, exit: 66, title: 'Input cannot be read' },
  usage: { status: 400, exit: 64, title: 'Command is not valid' },
  internal: { status: 500, exit: 70, title: 'Something went wrong inside firn' },
} as const satisfies Record<string, ErrorFacts>

export type ErrorCode = keyof typeof errors

/** Facts of one error, as JSON values: what was asked for, what was found. They become fields of the problem. */
export type Facts = Readonly<Record<string, unknown>>

export interface ErrorOptions {
  /** What happened, in one sentence; stands after the title. */
  readonly detail?: string
  /** What the reader can do about it. */
  readonly hint?: string
  readonly cause?: unknown
}

export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: ErrorCode
  readonly facts: Facts
  readonly detail: string | undefined
  readonly hint: string | undefined

  constructor(code: ErrorCode, facts: Facts = {}, { detail, hint, cause }: ErrorOptions = {}) {
    super(detail ? `${errors[code].title}: ${detail}` : errors[code].title, { cause })
    this.code = code
    this.facts = facts
    this.detail = detail
    this.hint = hint
  }
}

export function isRegistryError(error: unknown, code?: ErrorCode): error is RegistryError {
  return error instanceof RegistryError && (code === undefined || error.code === code)
}
