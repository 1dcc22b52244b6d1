import { RegistryError } from './errors.ts'
import type { ManifestBase } from './manifest.ts'
import { parseReleaseName, type ReleaseName } from './release-name.ts'

/** How releases are named that are laid over a new base. */
export type NameTemplate = (
  from: ReleaseName,
  over: Pick<ManifestBase, 'product' | 'release'>,
  base: ReleaseName,
) => ReleaseName

export const defaultTemplate = '{release}+{base}'

const places = /\{release\}|\{base\}/g

/**
 * Reads a template: `{release}` is the customer's release without what an earlier base has put behind it, `{base}` the
 * new base, as `karl3.31`. Throws `release-name-invalid`; so does the template, for a name that would be none.
 */
export function parseTemplate(text: string): NameTemplate {
  if (text.length > 200 || !/^[A-Za-z0-9._+-]*$/.test(text.replaceAll(places, ''))) {
    const hint = `a template is of A-Z a-z 0-9 . _ + - with {release} and {base}, as ${defaultTemplate}`
    const said = text.slice(0, 100)
    throw new RegistryError('release-name-invalid', { name: said }, { detail: JSON.stringify(said), hint })
  }
  return (from, over, base) => {
    const release = withoutBase(from.release, over)
    const part = (place: string) => (place === '{release}' ? release : suffixOf(base))
    return parseReleaseName(from.product, text.replaceAll(places, part))
  }
}

function suffixOf({ product, release }: Pick<ManifestBase, 'product' | 'release'>): string {
  return `${product}${release}`
}

/** `2026.11.1+karl3.30` as `2026.11.1`. */
function withoutBase(release: string, over: Pick<ManifestBase, 'product' | 'release'>): string {
  const exact = `+${suffixOf(over)}`
  if (release.endsWith(exact)) return release.slice(0, -exact.length)
  const start = release.lastIndexOf(`+${over.product}`)
  // `+karl3.29` it may be, `+karlsruhe` not.
  return start > 0 && /\d/.test(release[start + over.product.length + 1] ?? '') ? release.slice(0, start) : release
}
