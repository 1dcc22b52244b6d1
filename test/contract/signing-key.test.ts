import { generateKeyPairSync } from 'node:crypto'
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkLog } from '../../pool/proof/log-check.ts'
import { releaseMessage } from '../../pool/proof/envelope.ts'
import { isSignedBy, keyring } from '../../pool/proof/public-key.ts'
import { layout } from '../../storage/layout.ts'
import { openStore, type Store } from '../../storage/store.ts'
import { editDatabase } from '../support/edit-database.ts'
import { spawnServer, temporaryDirectory } from '../support/server.ts'
import { aFile, anAddition, anEvent, aRelease } from './records.ts'

let data: string
let path: string
beforeEach(async () => {
  data = await temporaryDirectory()
  path = layout(data).signingKey
})
afterEach(() => rm(data, { recursive: true }))

async function opened<T>(work: (store: Store) => Promise<T>, signingKey?: string): Promise<T> {
  const store = await openStore(data, { signingKey })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

function idAt(store: Store): Promise<{ id: string; isNew: boolean }> {
  return Promise.resolve({ id: store.signer.key.id, isNew: store.keyIsNew })
}

async function aKeyFile(pem: string | Buffer, mode = 0o600): Promise<string> {
  const file = join(data, 'given.pem')
  await writeFile(file, pem, { mode })
  return file
}

const ed25519 = generateKeyPairSync('ed25519').privateKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pkcs8 = { format: 'pem', type: 'pkcs8' } as const

describe('the key of a data directory', () => {
  it('is made once, for its owner alone, and stays', async () => {
    const first = await opened(idAt)
    expect([(await stat(path)).mode & 0o777, await readdir(layout(data).keys)]).toEqual([0o600, ['signing.pem']])
    const pem = await readFile(path, 'utf8')
    expect([first.isNew, await opened(idAt), await readFile(path, 'utf8')]).toEqual([
      true,
      { id: first.id, isNew: false },
      pem,
    ])
  })

  it('is not used when it is half there', async () => {
    await opened(idAt)
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 60))
    await expect(openStore(data)).rejects.toMatchObject({
      code: 'signing-key-unusable',
      detail: `${path}: it is no private key in PEM`,
    })
  })

  it.each(['key:written', 'key:named', 'key:before-commit'])(
    'is whole or not there after a crash at %s',
    async (point) => {
      await expect(spawnServer(data, { FIRN_FAULT: point })).rejects.toThrow('ended (SIGKILL)')
      const left = await readFile(path, 'utf8').catch(() => undefined)
      await opened(async ({ records, signer, keyIsNew }) => {
        expect([keyIsNew, (await records.keys()).map(({ id }) => id)]).toEqual([true, [signer.key.id]])
        expect((await records.events()).map(({ verb, subject }) => [verb, subject])).toEqual([['key', signer.key.id]])
      })
      expect(await readdir(layout(data).keys)).toEqual(['signing.pem'])
      expect(left === undefined || left === (await readFile(path, 'utf8'))).toBe(true)
    },
  )
})

describe('a key that is given', () => {
  it('is used instead', async () => {
    const { id } = await opened(idAt, await aKeyFile(ed25519.export(pkcs8)))
    expect(await opened(idAt, join(data, 'given.pem'))).toEqual({ id, isNew: false })
    expect(await readdir(data)).not.toContain('keys')
  })

  it('is told of when others can read it', async () => {
    const file = await aKeyFile(ed25519.export(pkcs8))
    const exposed = () => opened(({ signer }) => Promise.resolve(signer.exposed), file)
    expect(await exposed()).toBe(false)
    await chmod(file, 0o644)
    expect(await exposed()).toBe(true)
  })

  it.each([
    ['of another kind', ec.export(pkcs8), 'it is a key of kind ec'],
    ['no key', 'hello', 'it is no private key in PEM'],
    ['locked', ed25519.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }), 'it is locked with a passphrase'],
  ])('is refused: %s', async (_, pem, reason) => {
    const file = await aKeyFile(pem)
    await expect(openStore(data, { signingKey: file })).rejects.toMatchObject({
      code: 'signing-key-unusable',
      detail: `${file}: ${reason}`,
    })
  })

  it('is refused when it is not there, and none is made', async () => {
    const file = join(data, 'nowhere.pem')
    await expect(openStore(data, { signingKey: file })).rejects.toMatchObject({
      detail: `${file}: there is no such file`,
    })
    expect(await readdir(data)).not.toContain('keys')
  })
})

async function problemsOf({ records }: Store): Promise<readonly unknown[]> {
  const check = checkLog(keyring(await records.keys()), [])
  check.take(await records.events())
  return check.finish()
}

describe('what was there before the key', () => {
  const frozen = [aRelease('karl', '1'), aRelease('karl', '2')]

  /** As a firn without signatures left it. */
  async function unsigned(): Promise<void> {
    await opened(async ({ records }) => {
      await records.addDistribution(anAddition(aFile('a.zip')), anEvent('a.zip'))
      for (const release of frozen)
        await records.freezeRelease(release, anEvent(`karl/${release.name.release}`, 'freeze'))
    })
    editDatabase(
      data,
      `delete from event_signatures; delete from release_signatures; delete from signing_keys; delete from events where verb = 'key'`,
    )
    editDatabase(data, (database) => {
      const renumber = database.prepare('update events set sequence = ?, previous = ?, digest = ? where sequence = ?')
      renumber.run(1, 'p', 'd1', 2)
      renumber.run(2, 'd1', 'd2', 3)
      renumber.run(3, 'd2', 'd3', 4)
    })
  }

  it('is signed by the first, with an event for each release', async () => {
    await unsigned()
    await opened(async ({ records, signer }) => {
      const events = await records.events()
      expect(events.map(({ verb, subject, key }) => [verb, subject, key === signer.key.id])).toEqual([
        ['upload', 'a.zip', true],
        ['freeze', 'karl/1', true],
        ['freeze', 'karl/2', true],
        ['key', signer.key.id, true],
        ['sign', 'karl/1', true],
        ['sign', 'karl/2', true],
      ])
      for (const { name, manifest } of frozen) {
        const [signature] = (await records.release(name))?.signatures ?? []
        expect(isSignedBy(signer.key, releaseMessage(manifest), signature?.signature ?? '')).toBe(true)
      }
    })
  })

  it('is never signed again: what lacks a signature later goes on lacking it', async () => {
    await opened(async ({ records }) => {
      for (const release of frozen) await records.freezeRelease(release, anEvent('karl', 'freeze'))
    })
    editDatabase(data, `delete from event_signatures where sequence = 2; delete from release_signatures`)
    await opened(async (store) => {
      expect(await problemsOf(store)).toEqual([{ line: 2, head: null, message: 'is not signed' }])
      expect((await store.records.release({ product: 'karl', release: '1' }))?.signatures).toEqual([])
    })
  })
})

it('keeps earlier keys, so that what they signed still holds', async () => {
  const before = await opened(async ({ records, signer }) => {
    await records.freezeRelease(aRelease('karl', '1'), anEvent('karl/1', 'freeze'))
    return signer.key.id
  })
  const file = await aKeyFile(ed25519.export(pkcs8))
  await opened(async (store) => {
    const after = store.signer.key.id
    expect(new Set((await store.records.keys()).map(({ id }) => id))).toEqual(new Set([before, after]))
    expect((await store.records.events()).map(({ verb, key }) => [verb, key])).toEqual([
      ['key', before],
      ['freeze', before],
      ['key', after],
    ])
    expect(await problemsOf(store)).toEqual([])
    const [signature] = (await store.records.release({ product: 'karl', release: '1' }))?.signatures ?? []
    expect(signature?.key).toBe(before)
  }, file)
})
