import { LRUCache } from 'lru-cache'
import Negotiator from 'negotiator'
import { RegistryError } from '../../pool/errors.ts'

/** The forms of an index page, by the content type each is answered with (PEP 691). */
export const pageTypes = {
  html: 'text/html; charset=utf-8',
  'v1+html': 'application/vnd.pypi.simple.v1+html; charset=utf-8',
  'v1+json': 'application/vnd.pypi.simple.v1+json',
} as const

export type PageForm = keyof typeof pageTypes

/** In the order of our preference. Who sends no `Accept`, or one that takes anything, is a person or setuptools: HTML. */
const offers: readonly (readonly [string, PageForm])[] = [
  ['text/html', 'html'],
  ['application/vnd.pypi.simple.v1+json', 'v1+json'],
  ['application/vnd.pypi.simple.latest+json', 'v1+json'],
  ['application/vnd.pypi.simple.v1+html', 'v1+html'],
  ['application/vnd.pypi.simple.latest+html', 'v1+html'],
]

/** Clients send a handful of different lines, millions of times. */
const decided = new LRUCache<string, PageForm | 'none'>({ max: 500 })

/**
 * The form that an `Accept` line, or `?format=` before it, asks for. A query has its `+` decoded to a blank, but PEP 691
 * writes `?format=application/vnd.pypi.simple.v1+json`. Throws `not-acceptable`.
 */
export function pageForm(accept: string | undefined, format: string | null = null): PageForm {
  const wanted = format?.replaceAll(' ', '+') || accept?.trim() || '*/*'
  const known = decided.get(wanted)
  const form = known ?? decide(wanted)
  if (known === undefined && wanted.length < 1000) decided.set(wanted, form)
  if (form !== 'none') return form
  throw new RegistryError(
    'not-acceptable',
    { accept: wanted, offered: offers.map(([type]) => type) },
    { hint: `served are ${offers.map(([type]) => type).join(', ')}` },
  )
}

function decide(accept: string): PageForm | 'none' {
  // Parameters other than q (`text/html;charset=utf-8`) would keep negotiator from matching at all.
  const plain = accept.replaceAll(/;\s*(?!q=)[a-z0-9-]+=[^;,]*/gi, '')
  const [type] = new Negotiator({ headers: { accept: plain } }).mediaTypes(offers.map(([each]) => each))
  return offers.find(([each]) => each === type)?.[1] ?? 'none'
}

/** Whether the client takes gzip (RFC 9110, 12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined || !acceptEncoding.includes('gzip')) return false
  return !/\bgzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)/.test(acceptEncoding)
}
