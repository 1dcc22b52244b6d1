/** Statements hold 500 names at most: SQLite takes 32,766 parameters, PostgreSQL 65,535; 500 plans well on both. */
const batch = 500

/** Asks for many names, a statement for some at a time; the rows in the order in which they come. */
export async function inBatches<Name, Row>(
  names: readonly Name[],
  ask: (some: readonly Name[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let at = 0; at < names.length; at += batch) rows.push(...(await ask(names.slice(at, at + batch))))
  return rows
}
