import type { Connection } from '../connection.ts'

export type Query = Readonly<Record<string, string | number | undefined>>

export interface PageQuery {
  /** One page of this many; not given: everything. */
  readonly limit?: number | undefined
  readonly after?: string | undefined
}

/** Asks for a list with `GET`: one page if there is a limit, else every page, one after the other. */
export async function* pagesOf<Page extends { readonly next: string | null }>(
  connection: Connection,
  path: string,
  query: Query & PageQuery,
): AsyncGenerator<Page> {
  for (let search: string | null = searchOf(query); search !== null;) {
    const page: Page = await connection.json<Page>('GET', `${path}${search}`)
    yield page
    search = query.limit === undefined ? page.next : null
  }
}

export function searchOf(query: Query): string {
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) fields.set(name, String(value))
  return fields.size === 0 ? '' : `?${fields.toString()}`
}

/** What `--after` is to be for the page that a `next` link leads to. */
export function afterOf(next: string): string {
  return new URLSearchParams(next).get('after') ?? ''
}
