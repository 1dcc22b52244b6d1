import { link, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leaveLink } from '../../cli/leave-link.ts'
import { isRegistryError } from '../../pool/errors.ts'
import { makeEgg, makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const sdist = makeSdist({ name: 'Zope.Interface', version: '5.10' })
const egg = makeEgg({ name: 'ZODB3', version: '3.9.0' })

let server: TestServer
let directory: string
let pool: string
beforeEach(async () => {
  server = await startServer()
  directory = await temporaryDirectory()
  pool = join(server.data, 'pool')
})
afterEach(async () => {
  await cleanStop(server)
  await rm(directory, { recursive: true })
})

async function put(file: Built, ...below: readonly string[]): Promise<string> {
  const path = join(directory, ...below, file.filename)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, file.bytes)
  return path
}

function short(text: string): string {
  return text.replaceAll(directory, 'DIR').replaceAll(pool, 'POOL')
}

async function upload(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(['upload', directory, ...argv], { FIRN_URL: server.url })
  return { code, stdout: short(stdout), stderr: short(stderr) }
}

/** The lines about links alone. */
function lines({ stdout }: CommandResult): readonly string[] {
  return stdout.split('\n').filter((line) => /^(?:linked|link|left| {9}|\d+ of)/.test(line))
}

describe('firn upload --leave-links', () => {
  it('puts links into the pool in the place of archives, eggs and wheels too, and says how many', async () => {
    const paths = [await put(sdist), await put(wheel, 'wheels'), await put(egg, 'eggs')]
    const first = await upload('--leave-links', pool)
    expect([first.code, first.stderr, lines(first)]).toEqual([
      0,
      '',
      [
        `linked   DIR/eggs/${egg.filename} -> POOL/zodb3/${egg.filename}`,
        `linked   DIR/wheels/${wheel.filename} -> POOL/karl/${wheel.filename}`,
        `linked   DIR/${sdist.filename} -> POOL/zope-interface/${sdist.filename}`,
        '3 of 3 archives became links into POOL',
      ],
    ])
    expect(await Promise.all(paths.map((path) => readFile(path)))).toEqual([sdist.bytes, wheel.bytes, egg.bytes])
    expect(await readdir(directory)).toEqual(['eggs', 'wheels', sdist.filename].toSorted())
    const again = await upload('--leave-links', pool)
    expect([again.code, lines(again).at(-1)]).toEqual([0, '0 of 3 archives became links into POOL, 3 were before'])
  })

  it('makes links that lead there from where they stand if the pool is named from here', async () => {
    const path = await put(wheel, 'a', 'b')
    await symlink(join(directory, 'a'), join(directory, 'z'))
    const result = await upload('--leave-links', relative(process.cwd(), pool))
    expect([result.code, (await readlink(path)).startsWith('../'), await readFile(path)]).toEqual([
      0,
      true,
      wheel.bytes,
    ])
  })

  it.each<[string, (path: string) => Promise<string>, string]>([
    [
      'is the pool of nobody',
      async () => {
        await mkdir(join(directory, 'empty'))
        return join(directory, 'empty')
      },
      `DIR/${wheel.filename}: DIR/empty/karl/${wheel.filename}: there is no such file or directory`,
    ],
    [
      'has other bytes',
      async () => {
        await mkdir(join(directory, 'other', 'karl'), { recursive: true })
        await writeFile(join(directory, 'other', 'karl', wheel.filename), 'other')
        return join(directory, 'other')
      },
      `DIR/${wheel.filename}: DIR/other/karl/${wheel.filename} has other bytes`,
    ],
    [
      'has a link that leads back',
      async (path) => {
        await mkdir(join(directory, '.back', 'karl'), { recursive: true })
        await symlink(path, join(directory, '.back', 'karl', wheel.filename))
        return join(directory, '.back')
      },
      `DIR/${wheel.filename}: DIR/.back/karl/${wheel.filename} is no file`,
    ],
    [
      'has a directory that leads back',
      async () => {
        await mkdir(join(directory, '.back'), { recursive: true })
        await symlink(directory, join(directory, '.back', 'karl'))
        return join(directory, '.back')
      },
      `DIR/${wheel.filename}: it is the pool's own file`,
    ],
    [
      'has the file itself',
      async (path) => {
        await mkdir(join(directory, '.own', 'karl'), { recursive: true })
        await link(path, join(directory, '.own', 'karl', wheel.filename))
        return join(directory, '.own')
      },
      `DIR/${wheel.filename}: it is the pool's own file`,
    ],
  ])('leaves an archive alone where the directory %s', async (_, make, message) => {
    const path = await put(wheel)
    const result = await firn(['upload', path, '--leave-links', await make(path)], { FIRN_URL: server.url })
    expect([(await lstat(path)).isFile(), await readFile(path)]).toEqual([true, wheel.bytes])
    expect(result.code).toBe(73)
    expect(short(result.stdout)).toContain(`left     Archive is not replaced by a link: ${message}\n`)
  })

  it('does not begin where the directory is none', async () => {
    await put(wheel)
    for (const [place, why] of [
      ['gone', 'there is no such file or directory'],
      [wheel.filename, 'it is no directory'],
    ] as const)
      expect(await upload('--leave-links', join(directory, place))).toEqual({
        code: 66,
        stdout: '',
        stderr: `error: Input cannot be read: DIR/${place}: ${why}\n`,
      })
  })

  it('prints JSON for programs', async () => {
    await put(wheel)
    const { stdout } = await upload('--leave-links', pool, '--json')
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(events.at(-1)).toEqual({
      event: 'linked',
      path: `DIR/${wheel.filename}`,
      target: `POOL/karl/${wheel.filename}`,
    })
  })
})

describe('an archive that is changed while its link is made', () => {
  it('stays', async () => {
    const path = await put(wheel)
    await upload()
    const archive = { path, project: 'karl', filename: wheel.filename, sha256: sha256(wheel.bytes) }
    const others = ['x', 'yy', 'zzz'].map((text) => Buffer.concat([wheel.bytes, Buffer.from(text)]))
    for (const bytes of others) {
      await writeFile(path, bytes)
      const error = await leaveLink(pool, archive).catch((caught: unknown) => caught)
      expect([isRegistryError(error, 'link-refused'), await readFile(path)]).toEqual([true, bytes])
    }
    expect(await readdir(directory)).toEqual([wheel.filename])
  })
})
