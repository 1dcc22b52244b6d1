import parse from 'spdx-expression-parse'

/** One licence of an expression. */
export interface LicenceTerm {
  /** As SPDX writes it, without `+`. */
  readonly id: string
  /** `+`: or any later version. */
  readonly later: boolean
  /** What follows `WITH`. */
  readonly exception: string | undefined
}

export type LicenceExpression =
  LicenceTerm | { readonly every: readonly LicenceExpression[] } | { readonly some: readonly LicenceExpression[] }

// Deeper ones are not written by people; the parser calls itself once for each level.
const longest = 1000

/**
 * Reads an SPDX expression; operators and the licences of `familiar` in whatever case they are written, as PEP 639
 * asks of tools. `undefined` if it is none.
 */
export function parseLicence(text: string): LicenceExpression | undefined {
  if (text.length > longest) return undefined
  try {
    return fromSpdx(parse(inSpdxCase(text)))
  } catch {
    return undefined
  }
}

function fromSpdx(node: parse.Info): LicenceExpression {
  if (!('conjunction' in node)) {
    return { id: node.license, later: node.plus === true, exception: node.exception }
  }
  const sides = [fromSpdx(node.left), fromSpdx(node.right)]
  return node.conjunction === 'and' ? { every: sides } : { some: sides }
}

/** The expression in one spelling: `MIT OR (Apache-2.0 AND BSD-3-Clause)`. */
export function printLicence(expression: LicenceExpression): string {
  if ('every' in expression) return expression.every.map(asOperand('every')).join(' AND ')
  if ('some' in expression) return expression.some.map(asOperand('some')).join(' OR ')
  const { id, later, exception } = expression
  return `${id}${later ? '+' : ''}${exception === undefined ? '' : ` WITH ${exception}`}`
}

function asOperand(operator: 'every' | 'some'): (side: LicenceExpression) => string {
  return (side) => {
    const same = operator in side || 'id' in side
    return same ? printLicence(side) : `(${printLicence(side)})`
  }
}

/** Every licence that an expression names. */
export function termsOf(expression: LicenceExpression): readonly LicenceTerm[] {
  if ('every' in expression) return expression.every.flatMap(termsOf)
  if ('some' in expression) return expression.some.flatMap(termsOf)
  return [expression]
}

/** Licences of Python projects that are often written in another case. Others must be written as SPDX does. */
const familiar = new Map(
  (
    '0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-2.0 BlueOak-1.0.0 ' +
    'BSD-1-Clause BSD-2-Clause BSD-3-Clause BSD-4-Clause BSL-1.0 CC-BY-4.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CNRI-Python ' +
    'ECL-2.0 EPL-1.0 EPL-2.0 EUPL-1.2 GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later ' +
    'HPND ISC LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MIT ' +
    'MIT-0 MIT-CMU MPL-1.1 MPL-2.0 MulanPSL-2.0 NCSA OFL-1.1 PostgreSQL PSF-2.0 Python-2.0 Unlicense UPL-1.0 W3C ' +
    'WTFPL X11 Zlib ZPL-1.1 ZPL-2.0 ZPL-2.1 Classpath-exception-2.0 GCC-exception-3.1 LLVM-exception ' +
    'OpenSSL-exception Linux-syscall-note'
  )
    .split(' ')
    .map((id) => [id.toLowerCase(), id]),
)

/** Deprecated ids say which of today's they were: `GPL-2.0` is `GPL-2.0-only`, `GPL-2.0+` is `GPL-2.0-or-later`. */
const deprecated = /^(a|l)?gpl-(\d\.\d)(\+)?$/i

function inSpdxCase(text: string): string {
  return text.replaceAll(/[^\s()]+/g, (word) => {
    const operator = /^(?:and|or|with)$/i.test(word) ? word.toUpperCase() : undefined
    const match = deprecated.exec(word)
    if (match) return `${(match[1] ?? '').toUpperCase()}GPL-${match[2]}-${match[3] === '+' ? 'or-later' : 'only'}`
    return operator ?? familiar.get(word.toLowerCase()) ?? word
  })
}
