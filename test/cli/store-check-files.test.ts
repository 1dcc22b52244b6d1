/** What happens to the files of a data directory, what a check finds of it, and what a repair mends. */
import { chmod, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  bfg,
  check,
  copyOf,
  courseOf,
  expectedCourse,
  flip,
  karl,
  overwrite,
  pathIn,
  placeOf as at,
  zodb,
  zope,
  sharedData,
  type Damage,
} from '../support/damaged.ts'

const kept = sharedData()

async function swap(data: string): Promise<void> {
  const [a, b] = [pathIn(data, karl), pathIn(data, bfg)]
  await rename(a, `${data}/x`)
  await rename(b, a)
  await rename(`${data}/x`, b)
}

const damages: Readonly<Record<string, Damage>> = {
  'a byte of a fetched file is another': {
    does: (data) => overwrite(pathIn(data, zope), flip),
    found: [`file-damaged ${at(zope)}`],
    mended: [`file-damaged ${at(zope)}`],
  },
  'a byte of an uploaded file is another': {
    does: (data) => overwrite(pathIn(data, karl), flip),
    found: [`file-damaged ${at(karl)}`],
    mended: [],
    after: [`file-missing ${at(karl)}`],
  },
  'a file is cut off': {
    does: async (data) => {
      await chmod(pathIn(data, zodb), 0o644)
      await truncate(pathIn(data, zodb), 10)
      await chmod(pathIn(data, zodb), 0o444)
    },
    found: [`file-damaged ${at(zodb)}`],
    mended: [`file-damaged ${at(zodb)}`],
  },
  'a file is longer': {
    does: (data) => overwrite(pathIn(data, zodb), (bytes) => Buffer.concat([bytes, Buffer.from('more')])),
    found: [`file-damaged ${at(zodb)}`],
    mended: [`file-damaged ${at(zodb)}`],
  },
  'files are gone, one of them fetched': {
    does: (data) => Promise.all([rm(pathIn(data, bfg)), rm(pathIn(data, zope))]),
    found: [`file-missing ${at(bfg)}`, `file-missing ${at(zope)}`],
    mended: [`file-missing ${at(zope)}`],
  },
  'the whole pool is gone': {
    does: (data) => rm(join(data, 'pool'), { recursive: true }),
    found: [karl, bfg, zodb, zope].map((file) => `file-missing ${at(file)}`),
    mended: [zodb, zope].map((file) => `file-missing ${at(file)}`),
  },
  'two files lie in the place of each other': {
    does: swap,
    found: [`file-damaged ${at(karl)}`, `file-damaged ${at(bfg)}`],
    mended: [`file-damaged ${at(karl)}`, `file-damaged ${at(bfg)}`],
  },
  'a file is called by another case': {
    does: (data) => rename(pathIn(data, karl), pathIn(data, karl).replace('karl-3', 'Karl-3')),
    found: [`name-case ${at(karl)}`],
    mended: [`name-case ${at(karl)}`],
  },
  'a directory is called by another case': {
    does: (data) => rename(join(data, 'pool', 'karl'), join(data, 'pool', 'Karl')),
    found: [`file-missing ${at(karl)}`, `orphan pool/Karl/${karl.filename}`],
    mended: [`file-missing ${at(karl)}`, `orphan pool/Karl/${karl.filename}`],
  },
  'a file can be written to': {
    does: (data) => chmod(pathIn(data, karl), 0o644),
    found: [`file-mode ${at(karl)}`],
    mended: [`file-mode ${at(karl)}`],
  },
  'a file can be read by nobody else': {
    does: (data) => chmod(pathIn(data, karl), 0o400),
    found: [`file-mode ${at(karl)}`],
    mended: [`file-mode ${at(karl)}`],
  },
  'a link stands in for a file': {
    does: async (data) => {
      await rename(pathIn(data, karl), join(data, 'elsewhere'))
      await symlink(join(data, 'elsewhere'), pathIn(data, karl))
    },
    found: [`file-not-plain ${at(karl)}`],
    mended: [],
    after: [`file-missing ${at(karl)}`],
  },
  'a directory stands in for a file': {
    does: async (data) => {
      await rm(pathIn(data, zope))
      await mkdir(pathIn(data, zope))
    },
    found: [`file-not-plain ${at(zope)}`],
    mended: [`file-not-plain ${at(zope)}`],
  },
  'things lie in the pool that nobody knows': {
    does: async (data) => {
      const pool = join(data, 'pool')
      await writeFile(join(pool, 'karl', 'other.zip'), 'x')
      await writeFile(join(pool, 'note.txt'), 'x')
      await mkdir(join(pool, 'karl', 'sub', 'deep'), { recursive: true })
      await mkdir(join(pool, 'Not A Project'))
      await mkdir(join(pool, 'new-project'))
      await symlink('/nowhere', join(pool, 'karl', 'link'))
    },
    found: [
      'orphan pool/karl/other.zip',
      'stray pool/Not A Project',
      'stray pool/karl/link',
      'stray pool/karl/sub',
      'stray pool/note.txt',
    ],
    mended: [
      'orphan pool/karl/other.zip',
      'stray pool/Not A Project',
      'stray pool/karl/link',
      'stray pool/karl/sub',
      'stray pool/note.txt',
    ],
  },
  'a project of the pool is a link to elsewhere': {
    does: async (data) => {
      await rename(join(data, 'pool', 'karl'), join(data, 'moved'))
      await symlink(join(data, 'moved'), join(data, 'pool', 'karl'))
    },
    found: ['stray pool/karl'],
    mended: [],
  },
  'a link in the pool leads out of it': {
    does: async (data) => {
      await mkdir(join(data, '..', 'outside'))
      await writeFile(join(data, '..', 'outside', 'x.zip'), 'x')
      await symlink('../../outside', join(data, 'pool', 'outside'))
    },
    found: ['stray pool/outside'],
    mended: ['stray pool/outside'],
  },
  'uploads were broken off': {
    does: async (data) => {
      await writeFile(join(data, 'staging', 'x.part'), 'half')
      await mkdir(join(data, 'staging', 'y', 'z'), { recursive: true })
    },
    found: ['staging-left staging/x.part', 'staging-left staging/y'],
    mended: ['staging-left staging/x.part', 'staging-left staging/y'],
  },
  'others can read the key': {
    does: (data) => chmod(join(data, 'keys', 'signing.pem'), 0o640),
    found: ['key-exposed keys/signing.pem'],
    mended: ['key-exposed keys/signing.pem'],
  },
}

it.each(Object.entries(damages))('%s', async (_name, damage) => {
  expect(await courseOf(kept.data, damage)).toEqual(expectedCourse(damage))
})

it('whole data has no findings', async () => {
  expect(await check(await copyOf(kept.data))).toEqual({ code: 0, findings: [] })
  expect(await readdir(join(kept.data, 'pool'))).toEqual(['karl', 'repoze-bfg', 'zodb3', 'zope-interface'])
})
