import { randomBytes } from 'node:crypto'
import { makeEgg, makeSdist, makeWheel, type Built } from './archives.ts'
import type { UpstreamEntry } from './upstream.ts'

/** What an upstream has of a project that no other test has. */
export function catalogueOf(project: string) {
  const about = { name: project, version: '3.30' }
  const entry = (built: Built): UpstreamEntry => ({ project, ...built })
  return {
    project,
    pin: `${project}==3.30`,
    sdist: entry(makeSdist({ ...about, files: { noise: randomBytes(200_000) } })),
    pure: entry(makeWheel(about)),
    linux: entry(makeWheel({ ...about, tag: 'cp311-cp311-manylinux_2_17_x86_64' })),
    windows: entry(makeWheel({ ...about, tag: 'cp311-cp311-win_amd64' })),
    egg: entry(makeEgg(about)),
    later: entry(makeWheel({ ...about, version: '3.31' })),
    odd: [`${project}-3.30.tar.gz.asc`, `${project}-3.30.exe`, 'manual.pdf', '%zz'].map((filename) =>
      entry({ filename, bytes: Buffer.from('odd') }),
    ),
  }
}

export type Catalogue = ReturnType<typeof catalogueOf>
