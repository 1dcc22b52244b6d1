import { RegistryError } from '../errors.ts'
import { isProjectName, normaliseName, type ProjectName } from '../project-name.ts'

/**
 * What a token may do, one text a scope: `read`, `upload`, `freeze` and `deploy`, each for all or, after a colon, for
 * one product, project or site; `admin` is all of them and the tokens themselves.
 */
export type Scope = string

/** What someone wants to do. */
export type Action =
  /** To see a product's releases and the files that are private to it; `null`: what is nobody's in particular. */
  | { readonly verb: 'read'; readonly product: string | null }
  | { readonly verb: 'upload'; readonly project: ProjectName }
  /** To bring in what others have published, for whatever project. */
  | { readonly verb: 'fetch' }
  | { readonly verb: 'freeze'; readonly product: string }
  | { readonly verb: 'deploy'; readonly site: string }
  | { readonly verb: 'admin' }

const shape = 'read[:PRODUCT], upload[:PROJECT], freeze[:PRODUCT], deploy[:SITE] or admin'

/** Reads a scope in its one spelling. Throws `scope-invalid`. */
export function parseScope(text: string): Scope {
  const [, verb, of] =
    /^(read|upload|freeze|deploy|admin)(?::([A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?))?$/.exec(text) ?? []
  if (verb === undefined || (verb === 'admin' && of !== undefined) || (of !== undefined && !isProjectName(of))) {
    throw new RegistryError(
      'scope-invalid',
      { scope: text.slice(0, 100) },
      { detail: JSON.stringify(text.slice(0, 100)), hint: `a scope is ${shape}` },
    )
  }
  if (of === undefined) return verb
  return `${verb}:${verb === 'upload' ? normaliseName(of) : of}`
}

/** Whether scopes allow an action. Who may freeze a product's releases sees them too. */
export function grants(scopes: readonly Scope[], action: Action): boolean {
  return scopes.includes('admin') || wanted(action).some((scope) => scopes.includes(scope))
}

/** The scopes of which one is enough. */
function wanted(action: Action): readonly Scope[] {
  switch (action.verb) {
    case 'read':
      return readScopes(action.product)
    case 'upload':
      return ['upload', `upload:${action.project}`]
    case 'fetch':
      return ['upload']
    case 'freeze':
      return ['freeze', `freeze:${action.product}`]
    case 'deploy':
      return ['deploy', `deploy:${action.site}`]
    case 'admin':
      return []
    default:
      return action satisfies never
  }
}

function readScopes(product: string | null): readonly Scope[] {
  return product === null ? ['read'] : ['read', `read:${product}`, 'freeze', `freeze:${product}`]
}

/** For people: `freeze:karl`, the narrowest scope that would have been enough. */
export function narrowestScope(action: Action): Scope {
  return wanted(action).findLast((scope) => scope.startsWith(action.verb)) ?? wanted(action).at(-1) ?? 'admin'
}
