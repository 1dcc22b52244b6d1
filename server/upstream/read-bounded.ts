/** All of what comes, in memory. Throws what `tooLarge` makes as soon as it is more than `limit` bytes. */
export async function readBounded(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  tooLarge: () => Error,
): Promise<Buffer> {
  const read: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limit) throw tooLarge()
    read.push(chunk)
  }
  return Buffer.concat(read)
}
