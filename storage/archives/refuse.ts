import { RegistryError } from '../../pool/errors.ts'

/** Why an archive is refused: the fact `reason` of every `archive-invalid`. */
export type ArchiveReason =
  | 'checksum' // stored checksum and content differ
  | 'compression-method' // zip method other than stored and deflated
  | 'corrupt' // compressed data or a record cannot be decoded
  | 'directory-too-large' // the zip's central directory is over its limit
  | 'duplicate' // two entries for one path
  | 'empty' // no bytes at all
  | 'encrypted'
  | 'entry-type' // device, fifo, or a type that tar readers disagree about
  | 'expands-too-far' // uncompressed size or ratio over its limit
  | 'format' // not the kind of archive that its name says
  | 'gap' // bytes that belong to no entry
  | 'headers-disagree' // two records describe one entry differently
  | 'layout' // not the directories that this kind of distribution has
  | 'link' // symbolic link where none can be, or reached through one
  | 'link-outside' // link that leaves its top-level directory
  | 'metadata-not-a-file'
  | 'metadata-too-large'
  | 'name-invalid' // control character, backslash, no name at all
  | 'name-too-long'
  | 'overlap' // two entries share bytes of the file
  | 'path-absolute'
  | 'path-outside' // `..` in a name
  | 'size' // declared and real size differ
  | 'sparse' // GNU sparse file
  | 'split' // one part of a multi-disk zip
  | 'too-many-entries'
  | 'trailing-data' // bytes after the end of the archive
  | 'truncated' // file ends too early
  | 'wheel-incomplete' // wheel without WHEEL or RECORD

const SHOWN = 120

/**
 * An entry's name as text for people: printable ASCII as it is, any other byte as `\xNN`, long names cut.
 * Names are kept as binary strings, one character a byte, so nothing is lost when bytes are compared.
 */
export function printable(name: string): string {
  const short = name.length > SHOWN ? `${name.slice(0, SHOWN)}...` : name
  return short.replace(/[^\x20-\x5b\x5d-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** The error for an archive that is refused. `detail` is one plain English sentence; twine shows nothing else. */
export function refusal(
  reason: ArchiveReason,
  detail: string,
  { entry, cause }: { readonly entry?: string; readonly cause?: unknown } = {},
): RegistryError {
  const facts = entry === undefined ? { reason } : { reason, entry: printable(entry) }
  return new RegistryError('archive-invalid', facts, cause === undefined ? { detail } : { detail, cause })
}
