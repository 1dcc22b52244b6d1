import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Every file below a directory, ascending, with the sha256 of its bytes. */
export async function treeOf(top: string): Promise<Readonly<Record<string, string>>> {
  const files = await Promise.all(
    (await pathsBelow(top)).map(
      async (path) =>
        [
          path,
          createHash('sha256')
            .update(await readFile(join(top, path)))
            .digest('hex'),
        ] as const,
    ),
  )
  return Object.fromEntries(files)
}

/** What a change of a tree would show in: inode, time and links of every file and directory. */
export async function identitiesOf(top: string): Promise<Readonly<Record<string, string>>> {
  const files = await Promise.all(
    (await pathsBelow(top, true)).map(async (path) => {
      const { ino, mtimeMs, ctimeMs } = await stat(join(top, path))
      return [path, `${ino} ${mtimeMs} ${ctimeMs}`] as const
    }),
  )
  return Object.fromEntries(files)
}

async function pathsBelow(top: string, directories = false): Promise<readonly string[]> {
  const entries = await readdir(top, { recursive: true, withFileTypes: true })
  const wanted = entries.filter((entry) => entry.isFile() || (directories && entry.isDirectory()))
  return wanted.map((entry) => relative(top, join(entry.parentPath, entry.name))).toSorted()
}
