import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { makeWheel, type Built } from '../support/archives.ts'
import { ask, type Asking } from './ask.ts'
import type { Contender } from './contenders.ts'
import type { Options } from './options.ts'
import { noise } from './pool.ts'
import type { Row } from './row.ts'

const version = '1.0'
const boundary = 'firn-bench-5f0c1a7e'

/** One small wheel after another, over one connection. firn's are durable when it answers; nginx checks nothing. */
export function uploading({ quick }: Options): Row {
  const files = quick ? 20 : 100
  let made = 0
  const next = () => `upload-${made++}`
  return {
    key: 'upload',
    title: 'uploads of 4 KB, one after another',
    unit: 'files/s',
    aim: { said: '≥ 4× devpi' },
    async measure(contender) {
      const uploads = Array.from({ length: files }, () => uploadTo(contender, next()))
      const begun = performance.now()
      for (const upload of uploads) await send(upload)
      const seconds = (performance.now() - begun) / 1000
      await contender.settle()
      return files / seconds
    },
  }
}

interface Upload {
  readonly url: string
  readonly asking: Asking
}

function uploadTo({ kind, url }: Contender, name: string): Upload {
  const wheel = makeWheel({ name, version, files: { 'data.bin': noise(3300, name) } })
  if (kind === 'nginx') {
    return { url: `${url}/upload/${wheel.filename}`, asking: { method: 'PUT', body: wheel.bytes } }
  }
  const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
  const asking = { method: 'POST', headers, body: formOf(wheel, name) }
  return { url: kind === 'firn' ? `${url}/legacy/` : `${url}/`, asking }
}

/** What twine sends, without the fields that nobody here reads. */
function formOf({ filename, bytes }: Built, name: string): Buffer {
  const fields = {
    ':action': 'file_upload',
    protocol_version: '1',
    metadata_version: '2.1',
    filetype: 'bdist_wheel',
    pyversion: 'py3',
    name,
    version,
    sha256_digest: createHash('sha256').update(bytes).digest('hex'),
  }
  const part = (disposition: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${value}`
  const texts = Object.entries(fields).map(([key, value]) => part(`name="${key}"`, `\r\n${value}\r\n`))
  const file = part(`name="content"; filename="${filename}"`, 'Content-Type: application/octet-stream\r\n\r\n')
  return Buffer.concat([Buffer.from(`${texts.join('')}${file}`), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
}

async function send({ url, asking }: Upload): Promise<void> {
  const { status, body } = await ask(url, asking)
  if (status !== 200 && status !== 201) throw new Error(`${url} answers an upload with ${status}: ${body.toString()}`)
}
