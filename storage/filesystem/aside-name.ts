/** What most file systems take, in bytes. */
const longest = 255

/**
 * The name of something that is set aside: it is found by how that begins, a digest. Of what it was called before stays
 * the end, as much as fits.
 */
export function asideName(begins: string, name: string): string {
  const kept = Array.from(name)
  while (Buffer.byteLength(`${begins}-${kept.join('')}`) > longest) kept.shift()
  return `${begins}-${kept.join('')}`
}
