/** docs/systemd.md: a real systemd runs the unit, and each command, as they stand on the page. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeWheel, type Built } from '../support/archives.ts'
import { beginUpload } from '../support/begun-upload.ts'
import { sha256 } from '../support/catalogue.ts'
import { freePort } from '../support/free-port.ts'
import { run } from '../support/python.ts'
import { ask, contentPart, eventually, formHeaders, formOf } from '../support/requests.ts'
import { root } from '../support/server.ts'
import { serviceByHand, type ServiceByHand } from '../support/service-by-hand.ts'
import { bootMachine, canBoot, type Machine } from '../support/systemd.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const page = readFileSync(join(root, 'docs', 'systemd.md'), 'utf8')
const files = new Map([...page.matchAll(/```ini\n# (\S+)\n(.*?)```/gs)].map(([, path = '', text = '']) => [path, text]))
const commands = [...page.matchAll(/^\$ (.*)$/gm)].map(([, command = '']) => command)
const [unit = '', settings = ''] = ['/etc/systemd/system/firn.service', '/etc/default/firn'].map((path) =>
  files.get(path),
)
const karl = makeWheel({ name: 'karl', version: '3.30' })
const later = makeWheel({ name: 'karl', version: '3.31', files: { 'more.py': 'x = 1\n'.repeat(5000) } })

let url: string
let token = ''
let settingsHere = ''
beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  settingsHere = `${settings}FIRN_PORT=${port}\n`
})

function tokenIn(output: string): string {
  return /first token.*: (firn_\S+)/.exec(output)?.[1] ?? ''
}

function answers(): Promise<boolean> {
  return ask(url, '/healthz').then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function upload(file: Built): Promise<number> {
  const headers = { ...formHeaders, Authorization: `Bearer ${token}` }
  const { status } = await ask(url, '/legacy/', { method: 'POST', headers, body: formOf([contentPart(file)]) })
  return status
}

async function served({ filename }: Built): Promise<string> {
  return sha256((await ask(url, `/pool/karl/${filename}`)).body)
}

function bySystemd(): void {
  let machine: Machine
  /** What each command of the page printed. */
  const printed = new Map<string, string>()
  beforeAll(async () => {
    machine = await bootMachine()
    for (const [path, text] of files) await machine.write(path, text === settings ? settingsHere : text)
    for (const command of commands) printed.set(command, await output(command))
    await eventually('firn is ready', async () => (await journal()).includes(`ready on ${url} `), 60)
    token = tokenIn(await journal())
  })
  afterAll(() => machine?.stop())

  const output = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await machine.sh(line)
    if (code !== 0) throw new Error(`${line} ended with ${code}\n${stdout}\n${stderr}`)
    return stdout
  }
  const journal = () => output(commands.at(-1) ?? 'false')
  const property = async (name: string) => (await output(`systemctl show firn --property ${name} --value`)).trim()

  it('each command of the page does what it says', () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual([
      'useradd',
      'systemd-analyze',
      'systemd-analyze',
      'systemctl',
      'systemctl',
      'journalctl',
    ])
    expect(printed.get(commands[2] ?? '')).toMatch(/Overall exposure level for firn\.service: [01]\.\d OK/)
  })

  it('firn runs as its own user, and with no more than it needs', async () => {
    const pid = await property('MainPID')
    const status = await output(`cat /proc/${pid}/status`)
    expect(status).toMatch(new RegExp(`^Uid:\\s+${(await output('id -u firn')).trim()}\\s`, 'm'))
    expect(status.match(/^(?:CapEff|CapBnd|NoNewPrivs|Seccomp):\s+.*$/gm)?.map((line) => line.split(/\s+/))).toEqual([
      ['CapEff:', '0000000000000000'],
      ['CapBnd:', '0000000000000000'],
      ['NoNewPrivs:', '1'],
      ['Seccomp:', '2'],
    ])
    const inside = (line: string) => machine.sh(`nsenter --target ${pid} --mount sh -c '${line}'`)
    for (const place of ['/etc', '/usr', '/opt/firn', '/var/log'])
      expect([place, (await inside(`touch ${place}/x`)).stderr]).toEqual([
        place,
        expect.stringContaining('Read-only file system') as string,
      ])
    expect((await inside('ls -A /root /home')).stdout).toBe('/home:\n\n/root:\n')
    expect((await inside('touch /var/lib/firn/x && rm /var/lib/firn/x')).code).toBe(0)
  })

  it('what it has taken in outlives kill -9, after which it starts anew', async () => {
    expect(await upload(karl)).toBe(200)
    await output('systemctl kill --signal=KILL firn')
    await eventually('it runs again', async () => (await property('NRestarts')) === '1', 30)
    await eventually('it answers again', answers, 60)
    expect(await served(karl)).toBe(sha256(karl.bytes))
  })

  it('an upload in flight is answered before it stops', async () => {
    const headers = [`Authorization: Bearer ${token}`]
    const { finish } = await beginUpload(url, { file: later, data: machine.path('/var/lib/firn'), headers })
    const stopped = machine.sh('systemctl stop firn')
    await eventually('it is stopping', async () => (await journal()).includes('stopping: answering what is in flight'))
    expect(await property('ActiveState')).toBe('deactivating')
    expect(await finish()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect([(await stopped).code, await property('Result'), await property('ExecMainStatus')]).toEqual([
      0,
      'success',
      '0',
    ])
    await expect(ask(url, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await output('systemctl start firn')
    await eventually('it answers again', answers, 60)
    expect([await served(karl), await served(later)]).toEqual([sha256(karl.bytes), sha256(later.bytes)])
  })

  it('nginx can read the pool, by the command of the other page, and not the signing key', async () => {
    const [, join = 'false'] = /^\$ (usermod .*)$/m.exec(readFileSync(`${root}/docs/nginx.md`, 'utf8')) ?? []
    const reads = async (path: string) => (await machine.sh(`runuser -u www-data -- cat ${path}`)).code === 0
    const [file, key] = [`/var/lib/firn/pool/karl/${karl.filename}`, '/var/lib/firn/keys/signing.pem']
    expect(await reads(file)).toBe(false)
    await output(join)
    expect([await reads(file), await reads(key), (await machine.sh(`test -f ${key}`)).code]).toEqual([true, false, 0])
  })

  it('is not started again and again with an option that it does not take', async () => {
    await output('echo FIRN_PORT=none >> /etc/default/firn; systemctl restart firn')
    await eventually('it has failed', async () => (await property('ActiveState')) === 'failed', 60)
    expect([await property('ExecMainStatus'), await property('NRestarts')]).toEqual(['64', '0'])
  })
}

/** What can be told of the unit where nothing may have namespaces: that systemd would take it, and that firn runs by it. */
function byHand(): void {
  let service: ServiceByHand
  beforeAll(async () => {
    service = serviceByHand(unit, settingsHere)
    service.start()
    await eventually('firn is ready', () => service.output().includes(`ready on ${url} `), 60)
    token = tokenIn(service.output())
  })
  afterAll(() => service?.stop())

  it('systemd takes the unit for valid and well shut', async () => {
    const path = join(service.data, 'firn.service')
    await writeFile(path, unit.replace('/usr/local/bin/firn', process.execPath))
    for (const options of [['verify'], ['security', '--offline=true', '--threshold=20']])
      expect(await run('systemd-analyze', [...options, path])).toMatchObject({ code: 0 })
  })

  it('what it has taken in outlives kill -9', async () => {
    expect(await upload(karl)).toBe(200)
    expect(await service.end('SIGKILL')).toBe('SIGKILL')
    service.start()
    await eventually('it answers again', answers, 60)
    expect(await served(karl)).toBe(sha256(karl.bytes))
  })

  it('an upload in flight is answered before it stops', async () => {
    const headers = [`Authorization: Bearer ${token}`]
    const { finish } = await beginUpload(url, { file: later, data: service.data, headers })
    const [, signal] = /^KillSignal=(\w+)$/m.exec(unit) ?? []
    const ended = service.end(signal as NodeJS.Signals)
    await eventually('it is stopping', () => service.output().includes('stopping: answering what is in flight'))
    expect(await finish()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(await ended).toBe(0)
    service.start()
    await eventually('it answers again', answers, 60)
    expect([await served(karl), await served(later)]).toEqual([sha256(karl.bytes), sha256(later.bytes)])
  })
}

const suite = (await canBoot())
  ? { how: 'run by systemd', tests: bySystemd }
  : { how: 'run by hand, since no systemd can be booted here', tests: byHand }

describe.each([suite])('$how', ({ tests }) => {
  tests()
})
