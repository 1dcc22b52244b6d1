import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { visit } from '../support/crawl.ts'
import { ask, freeze, json, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => cleanStop(server))

const named = (built: Built, filename: string): Built => ({ ...built, filename })
const sdist = (name: string, filename: string, version = '1.0', format: 'tar.gz' | 'zip' | 'tar.bz2' = 'tar.gz') =>
  named(makeSdist({ name, version, format }), filename)

describe('what is admitted', () => {
  const rows: readonly (readonly [Built, string])[] = [
    [sdist('Zope.Interface', 'Zope.Interface-1.0.tar.gz'), 'zope-interface'],
    [sdist('zope.interface', 'zope_interface-1.1.zip', '1.1', 'zip'), 'zope-interface'],
    [sdist('repoze.who.plugins_x', 'repoze.who.plugins_x-1.0.tbz', '1.0', 'tar.bz2'), 'repoze-who-plugins-x'],
    [makeEgg({ name: 'zope.event', version: '4.0' }), 'zope-event'],
    [named(makeEgg({ name: 'zope.event', version: '4.1' }), 'zope_event-4.1-py2.4-linux-x86_64.egg'), 'zope-event'],
    [sdist('a-b', 'a-b-1.0-1.tar.gz', '1.0-1'), 'a-b'],
    [sdist('a-b-1', 'a-b-1-2.tar.gz', '2'), 'a-b-1'],
    [sdist('3to2', '3to2-1!1.0+local.1.tgz', '1!1.0+local.1'), '3to2'],
    [makeWheel({ name: 'X__Y', version: '1.0+a_b' }), 'x-y'],
    [sdist('n'.repeat(180), `${'n'.repeat(180)}-1.0.tar.gz`), 'n'.repeat(180)],
    [sdist('legacy', `legacy-${'9'.repeat(95)}.tar.gz`, '9'.repeat(95)), 'legacy'],
  ]

  it.each(rows.map(([file, project]) => [file.filename, project, file] as const))(
    '%s is served at its link',
    async (filename, project, file) => {
      expect((await upload(server.url, file)).text).toContain(`"project":"${project}"`)
      const page = await visit(`${server.url}/simple/${project}/`)
      const line = page.reply.text.split('\n').find((each) => each.endsWith(`>${filename}</a><br>`)) ?? ''
      const [, href = ''] = /href="([^"]*)"/.exec(line) ?? []
      const got = await visit(new URL(href, page.url).href)
      expect([got.reply.status, got.reply.body.equals(file.bytes)]).toEqual([200, true])
    },
  )
})

describe('what is not admitted', () => {
  const bytes = makeSdist({ name: 'app', version: '1.0' }).bytes
  const form = 'only letters, digits and . _ + ! - may be in it, at most 200 of them'
  const ends = 'it must end in one of .whl .egg .tar.gz .tgz .tar.bz2 .tbz .zip'
  it.each([
    ['app 1.0.tar.gz', form],
    ['app~1.0-1.0.tar.gz', form],
    ['äpp-1.0.tar.gz', form],
    ['app%2d1.0-1.0.tar.gz', form],
    ["app'-1.0.tar.gz", form],
    ['-app-1.0.tar.gz', form],
    ['.app-1.0.tar.gz', form],
    [`app-1.0${'0'.repeat(200)}.tar.gz`, form],
    ['app-1.0.tar.Z', ends],
    ['app-1.0.tar.xz', ends],
    ['app-1.0.tar', ends],
    ['app-1.0.bz2', ends],
    ['app-1.0.exe', ends],
    ['app-1.0.egg.zip.txt', ends],
    ['app-1.0.ZIP', '.zip is written in lower case'],
    ['app-1.0.Tar.Gz', '.tar.gz is written in lower case'],
    ['app-1.0-py3-none-any.WHL', '.whl is written in lower case'],
    ['app-1.0-py2.7.EGG', '.egg is written in lower case'],
  ])('%s, with the reason', async (filename, why) => {
    const reply = await upload(server.url, { filename, bytes })
    const { code, detail } = json(reply) as { code: string; detail: string }
    expect([reply.status, code, detail]).toEqual([
      400,
      'filename-invalid',
      `${JSON.stringify(filename.slice(0, 120))}: ${why}`,
    ])
  })

  it('breaks no page', async () => {
    const good = sdist('app', 'app-1.0.tar.gz')
    expect((await upload(server.url, good)).status).toBe(200)
    expect((await visit(`${server.url}/simple/app/`)).reply.text.match(/<a /g)).toEqual(['<a '])
  })
})

it.each(['simple', 'index/odd/1'])('leads from each spelling of a name to its page, below /%s/', async (index) => {
  await upload(server.url, makeWheel({ name: 'Repoze.Who_Plugins', version: '1.0' }))
  await freeze(server.url, 'odd/1', 'repoze.who-plugins==1.0')
  for (const name of ['Repoze.Who_Plugins', 'REPOZE-WHO-PLUGINS', 'repoze.who.plugins', 'repoze__who..plugins']) {
    const { url, reply } = await visit(`${server.url}/${index}/${name}/`)
    expect([url, reply.status]).toEqual([`${server.url}/${index}/repoze-who-plugins/`, 200])
    expect((await ask(server.url, `/${index}/${name}`)).headers.location).toBe('repoze-who-plugins/')
  }
})
