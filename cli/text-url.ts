import { readText, type Text } from './text-file.ts'

const longestMs = 60_000

/**
 * Reads texts of the web. A user and password that one URL has hold for all of its host, so that a text can name its
 * neighbours without them. What it returns never throws.
 */
export function textReader(): (url: string) => Promise<Text> {
  const authorisations = new Map<string, string>()
  return async (text) => {
    const url = new URL(text)
    if (url.username !== '') authorisations.set(url.host, basic(url))
    url.username = ''
    url.password = ''
    const authorization = authorisations.get(url.host)
    try {
      return await readUrl(url, authorization === undefined ? {} : { authorization })
    } catch (error) {
      return { unreadable: reason(error) }
    }
  }
}

async function readUrl(url: URL, headers: Record<string, string>): Promise<Text> {
  // It takes its time to load; who names files alone goes without it.
  const { fetch } = await import('undici')
  const { ok, status, body } = await fetch(url, { headers, signal: AbortSignal.timeout(longestMs) })
  if (ok && body) return readText(body)
  await body?.cancel()
  return { unreadable: `the server answers ${status}` }
}

function basic({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** undici hides what happened in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `it took longer than ${longestMs / 1000} seconds`
  return error.cause instanceof Error ? error.cause.message : error.message
}
