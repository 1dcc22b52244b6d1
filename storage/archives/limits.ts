const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** How much an archive may ask of the server before it is refused. Every limit can be set lower or higher by the caller. */
export interface ArchiveLimits {
  /** Entries of any type. Far above any distribution we know of; each entry costs a header read and a few hundred bytes. */
  readonly entries: number
  /** Bytes of METADATA or PKG-INFO, the one entry that is kept in memory. Long descriptions reach a few hundred KiB. */
  readonly metadata: number
  /** Bytes of everything, uncompressed. Room for builds with GPU code, which unpack to several GiB; no bomb keeps a reader busy for more. */
  readonly uncompressed: number
  /** Uncompressed bytes for each byte of the file. Text stays well below; deflate can reach 1032 (zlib's FAQ), bzip2 a million. */
  readonly ratio: number
  /** Below this many uncompressed bytes the ratio does not matter: a small file of zeros is no bomb. */
  readonly ratioFloor: number
  /** Bytes of a zip's central directory, which is read at once. 100,000 entries with names of 150 characters fit. */
  readonly directory: number
  /** Bytes of an entry's name. PATH_MAX on Linux: a longer one cannot be unpacked there. */
  readonly nameLength: number
  /** Bytes of one pax or GNU long-name header, which are read at once. Extended attributes take a few KiB. */
  readonly header: number
}

export const defaultLimits: ArchiveLimits = {
  entries: 100_000,
  metadata: 8 * MiB,
  uncompressed: 8 * GiB,
  ratio: 100,
  ratioFloor: 64 * MiB,
  directory: 24 * MiB,
  nameLength: 4096,
  header: 1 * MiB,
}
