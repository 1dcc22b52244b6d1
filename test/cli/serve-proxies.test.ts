/** What `serve` is told of proxies, on the command line, in the environment and in firn.toml. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { firn, temporaryDirectory } from '../support/server.ts'

it.each([
  [
    ['--trusted-proxy', '0.0.0.0/0'],
    {},
    '0.0.0.0/0 is no address such as 192.0.2.1, nor a network such as 10.1.0.0/16.',
  ],
  [['--trusted-proxy', '192.0.2.1', '--trusted-proxy', 'front.example'], {}, 'front.example is no address'],
  [[], { FIRN_TRUSTED_PROXIES: '192.0.2.1, 10.0.0.0/8 front' }, 'front is no address'],
  [['--accel-redirect', 'pool'], {}, 'It is a path such as /_firn_pool/.'],
  [['--accel-redirect', '/'], {}, 'It is a path such as /_firn_pool/.'],
  [['--accel-redirect', '/../etc/'], {}, 'It is a path such as /_firn_pool/.'],
  [[], { FIRN_ACCEL_REDIRECT: '/a b/' }, 'It is a path such as /_firn_pool/.'],
])('refuses %j with %j', async (argv, env, said) => {
  const { code, stderr } = await firn(['serve', ...argv], env)
  expect([code, stderr.replaceAll(/\s+/g, ' ')]).toEqual([64, expect.stringContaining(said) as string])
})

it.each([
  ['trusted-proxy = ["192.0.2.1", "front.example"]', 'trusted-proxy = "front.example" is not valid'],
  ['accel-redirect = "pool"', 'accel-redirect = "pool" is not valid'],
  ['private = ["acme", "-acme-"]', 'private = "-acme-" is not valid'],
])('refuses a firn.toml with %s', async (line, said) => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'firn.toml')
  await writeFile(path, `[serve]\n${line}\n`)
  const { code, stderr } = await firn(['serve', '--config', path])
  expect([code, stderr]).toEqual([78, expect.stringContaining(said) as string])
  await rm(directory, { recursive: true })
})
