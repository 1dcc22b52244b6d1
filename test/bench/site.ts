import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ask } from './ask.ts'
import { html, jsonGzip, paths } from './paths.ts'

/** Saves a firn server's pages and files, as it answers them, so that nginx can serve the same. */
export async function saveSite(url: string, site: string): Promise<void> {
  const save = (path: string, bytes: Buffer) => {
    mkdirSync(dirname(join(site, path)), { recursive: true })
    writeFileSync(join(site, path), bytes)
  }
  const get = async (path: string, headers: Record<string, string>) => {
    const answer = await ask(`${url}${path}`, { headers })
    if (answer.status !== 200) throw new Error(`firn answers ${path} with ${answer.status}`)
    return answer.body
  }
  save(paths.file.firn, await get(paths.file.firn, {}))
  for (const { firn: path } of [paths.two, paths.big, paths.root, paths.live]) {
    save(`${path}index.html`, await get(path, html))
    const compressed = await get(path, jsonGzip)
    save(`${path}index.json.gz`, compressed)
    save(`${path}index.json`, gunzipSync(compressed))
  }
}
