import { RegistryError } from './errors.ts'

/** A release's name: `karl/3.30` is product `karl`, release `3.30`. */
export interface ReleaseName {
  readonly product: string
  readonly release: string
}

/**
 * Reads a release's name from its two parts; both become parts of URLs. A product is lower-case, so that no two differ
 * by case alone. Throws `release-name-invalid`.
 */
export function parseReleaseName(product: string, release: string): ReleaseName {
  parseProduct(product)
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9])?$/.test(release)) {
    throw refuse(release, 'a release is 1 to 64 of A-Z a-z 0-9 . _ + -, starting and ending with a letter or digit')
  }
  return { product, release }
}

/** Reads a product's name. Throws `release-name-invalid`. */
export function parseProduct(product: string): string {
  if (/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/.test(product)) return product
  throw refuse(product, 'a product is 1 to 64 of a-z 0-9 . _ -, starting and ending with a letter or digit')
}

/** Reads `karl/3.30`. Throws `release-name-invalid`. */
export function splitReleaseName(text: string): ReleaseName {
  const [product, release, ...rest] = text.split('/')
  if (product === undefined || release === undefined || rest.length > 0) {
    throw refuse(text, 'write PRODUCT/RELEASE, as karl/3.30')
  }
  return parseReleaseName(product, release)
}

export function printReleaseName({ product, release }: ReleaseName): string {
  return `${product}/${release}`
}

/** Where a release's index stands below a server's URL. A `+` is escaped, as some take it for a blank. */
export function indexPath({ product, release }: ReleaseName): string {
  return `/index/${encodeURIComponent(product)}/${encodeURIComponent(release)}/`
}

function refuse(name: string, hint: string): RegistryError {
  const said = name.slice(0, 100)
  return new RegistryError('release-name-invalid', { name: said }, { detail: JSON.stringify(said), hint })
}
