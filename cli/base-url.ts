import { InvalidArgumentError } from 'commander'

/** URL of the directory that holds `index/` and `pool/`, with a slash at its end. */
export function parseBaseUrl(text: string): string {
  if (!URL.canParse(text) || !/^(?:https?|file):$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('It is an http, https or file URL.')
  return text.endsWith('/') ? text : `${text}/`
}
