/** On which terms a resolver looks at upstream indexes, as its index's path says. */
export interface ResolverTerms {
  /** In the order in which they are asked; none: the server's own. */
  readonly indexes: readonly string[]
  /** The team's own projects that are taken from upstream all the same. */
  readonly fromUpstream: readonly string[]
  /** As `7d`. */
  readonly minAge: string | undefined
  readonly allowYoung: readonly string[]
}

/** One segment of a path: `default`, or a line each as base64url. */
export function writeTerms({ indexes, fromUpstream, minAge, allowYoung }: ResolverTerms): string {
  const lines = [
    ...indexes,
    ...fromUpstream.map((name) => `from-upstream ${name}`),
    ...(minAge === undefined ? [] : [`min-age ${minAge}`]),
    ...allowYoung.map((text) => `allow-young ${text}`),
  ]
  return lines.length === 0 ? 'default' : Buffer.from(lines.join('\n')).toString('base64url')
}

/** What `writeTerms` wrote. What its parts hold is not judged: a line of no known kind is an index. */
export function readTerms(segment: string): ResolverTerms {
  const lines = segment === 'default' ? [] : Buffer.from(segment, 'base64url').toString('utf8').split('\n')
  const told = lines.map((line) => {
    const [, kind = 'index', value = line] = /^(from-upstream|min-age|allow-young) (.*)$/.exec(line) ?? []
    return { kind, value }
  })
  const of = (wanted: string) => told.flatMap(({ kind, value }) => (kind === wanted ? value : []))
  return {
    indexes: of('index'),
    fromUpstream: of('from-upstream'),
    minAge: of('min-age')[0],
    allowYoung: of('allow-young'),
  }
}
