import type { Distribution } from '../../pool/distribution.ts'
import type { Deps } from '../deps.ts'

/**
 * The records as a release of a product may take files from them: what is private to a product enters its own releases,
 * and those that are laid over one of its, and no other.
 */
export function holdable<R extends Pick<Deps['records'], 'distributionsOfAll' | 'distributionsOfPins'>>(
  records: R,
  product: string,
  baseProduct: string | undefined,
): R {
  const mayHold = (file: Distribution) =>
    file.product === null || file.product === product || file.product === baseProduct
  const withHoldable = <K>(found: ReadonlyMap<K, readonly Distribution[]>) =>
    new Map([...found].map(([project, files]) => [project, files.filter(mayHold)]))
  return {
    ...records,
    distributionsOfAll: async (projects) => withHoldable(await records.distributionsOfAll(projects)),
    distributionsOfPins: async (pins) => withHoldable(await records.distributionsOfPins(pins)),
  }
}
