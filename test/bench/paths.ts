import { big, release, served, servedWheel, two } from './pool.ts'

/** One page or file, by the path that each kind of server has for it. */
export interface Place {
  readonly firn: string
  readonly pypiserver?: string
}

const index = `/index/${release.product}/${release.release}`

export const paths = {
  two: { firn: `${index}/${two}/`, pypiserver: `/simple/${two}/` },
  big: { firn: `${index}/${big}/`, pypiserver: `/simple/${big}/` },
  root: { firn: `${index}/`, pypiserver: '/simple/' },
  live: { firn: `/simple/${two}/`, pypiserver: `/simple/${two}/` },
  file: { firn: `/pool/${served}/${servedWheel.filename}`, pypiserver: `/packages/${servedWheel.filename}` },
} as const satisfies Record<string, Place>

export const html = { Accept: 'text/html' }
export const jsonGzip = { Accept: 'application/vnd.pypi.simple.v1+json', 'Accept-Encoding': 'gzip' }
