/** How people write a licence into `License`, after `simplified`: each pattern is of the whole text. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/^(?:expat|mit|mit ?\/ ?x11|mit x11|x11 mit|mit ?\/ ?expat|mit expat|mit style)$/, 'MIT'],
  [/^mit ?0$|^mit no attribution$/, 'MIT-0'],
  [/^(?:mit ?)?cmu$/, 'MIT-CMU'],
  [
    /^(?:apache|apache software|asl|al)(?: ?v?2(?:\.0)?)?(?: software)?$|^apache ?2(?:\.0)? license$|^asf 2(?:\.0)?$/,
    'Apache-2.0',
  ],
  [/^apache ?v?1\.1$/, 'Apache-1.1'],
  [/^(?:the )?bsd(?: style| like)?$/, 'LicenseRef-BSD'],
  [
    /^(?:new|modified|revised) bsd$|^bsd new$|^(?:bsd )?(?:3|three) ?clause(?: bsd)?(?: (?:new|revised|modified))?$|^(?:new|modified|revised) bsd 3 clause$|^bsd 3$|^bsd 3 clause (?:new|revised)(?: or revised)?$/,
    'BSD-3-Clause',
  ],
  [
    /^(?:simplified bsd|bsd simplified|freebsd)$|^(?:bsd )?(?:2|two) ?clause(?: bsd)?(?: simplified)?$|^bsd 2$|^simplified bsd 2 clause$/,
    'BSD-2-Clause',
  ],
  [/^bsd 0 clause$|^0 ?bsd$|^zero clause bsd$/, '0BSD'],
  [/^bsd 4 clause$|^4 clause bsd$|^original bsd$/, 'BSD-4-Clause'],
  [/^bsd derived(?: .*)?$|^repoze(?: public)?$|^rpl$/, 'LicenseRef-Repoze'],
  [/^(?:zpl|zope public)$/, 'LicenseRef-ZPL'],
  [/^(?:zpl|zope public) ?2\.1$/, 'ZPL-2.1'],
  [/^(?:zpl|zope public) ?2(?:\.0)?$/, 'ZPL-2.0'],
  [/^(?:zpl|zope public) ?1\.1$/, 'ZPL-1.1'],
  [/^(?:mpl|mozilla public)$/, 'LicenseRef-MPL'],
  [/^(?:mpl|mozilla public) ?2(?:\.0)?$/, 'MPL-2.0'],
  [/^(?:mpl|mozilla public) ?1\.1$/, 'MPL-1.1'],
  [/^(?:epl|eclipse public)$/, 'LicenseRef-EPL'],
  [/^(?:epl|eclipse public) ?2(?:\.0)?$/, 'EPL-2.0'],
  [/^(?:epl|eclipse public) ?1(?:\.0)?$/, 'EPL-1.0'],
  [/^(?:eupl|european union public) ?1\.2$/, 'EUPL-1.2'],
  [/^(?:eupl|european union public)$/, 'LicenseRef-EUPL'],
  [/^(?:psf|psfl|psf ?2(?:\.0)?|python|python software foundation|python psf)$/, 'PSF-2.0'],
  [/^(?:isc|iscl)$/, 'ISC'],
  [/^(?:zlib|zlib ?\/ ?libpng|zlib libpng)$/, 'Zlib'],
  [/^(?:wtfpl|wtfpl ?2)$/, 'WTFPL'],
  [/^unlicense$/, 'Unlicense'],
  [/^cc ?0(?: ?1\.0)?(?: universal)?$/, 'CC0-1.0'],
  [/^cc by 4\.0$|^creative commons attribution 4\.0$/, 'CC-BY-4.0'],
  [/^public domain$/, 'LicenseRef-Public-Domain'],
  [/^(?:hpnd|pil|historical permission notice and disclaimer|standard pil)$/, 'HPND'],
  [/^(?:boost|boost software|bsl)(?: ?1\.0)?$/, 'BSL-1.0'],
  [/^(?:artistic|perl artistic)$/, 'LicenseRef-Artistic'],
  [/^artistic ?2(?:\.0)?$/, 'Artistic-2.0'],
  [/^(?:afl|academic free)$/, 'LicenseRef-AFL'],
  [/^(?:afl|academic free) ?3(?:\.0)?$/, 'AFL-3.0'],
  [/^(?:sil )?(?:ofl|open font)(?: ?1\.1)?$/, 'OFL-1.1'],
  [/^postgresql$/, 'PostgreSQL'],
  [/^upl(?: ?1\.0)?$|^universal permissive(?: 1\.0)?$/, 'UPL-1.0'],
  [/^ncsa$|^university of illinois ?\/ ?ncsa(?: open source)?$/, 'NCSA'],
  [/^beer ?ware$/, 'Beerware'],
  [/^(?:other ?\/ ?)?(?:proprietary|commercial|closed source|all rights reserved)$/, 'LicenseRef-Proprietary'],
]

const gnu =
  /^(?:gnu )?(affero |lesser |library or lesser |library )?(?:(a|l)?gpl|general public)(?: ?(\d)(\.\d)?(?:\.\d)?)?( ?\+|(?: or| and)? ?(?:any |above|newer|(?:any )?later)(?: version)?| only)?$/

/**
 * The SPDX id that a text stands for which is no SPDX expression: `MIT License`, `ZPL 2.1`, `Apache 2.0`, `GPL v2`.
 * `undefined` if it is not known. A GNU licence without a version is that of any (GPL 2, section 9).
 */
export function licenceOfSpelling(text: string): string | undefined {
  const plain = simplified(text)
  return spellings.find(([pattern]) => pattern.test(plain))?.[1] ?? gnuLicence(plain)
}

function gnuLicence(plain: string): string | undefined {
  const match = gnu.exec(plain)
  if (!match) return undefined
  const [, word = '', letter, major, minor = '.0', later] = match
  const family = letter === 'a' || word.startsWith('aff') ? 'AGPL' : letter === 'l' || word !== '' ? 'LGPL' : 'GPL'
  const least = { AGPL: '3.0', LGPL: '2.0', GPL: '1.0' }[family]
  if (major === undefined) return `${family}-${least}-or-later`
  if (!gnuVersions[family].includes(`${major}${minor}`)) return undefined
  return `${family}-${major}${minor}-${later === undefined || later === ' only' ? 'only' : 'or-later'}`
}

/** The versions that are in use. GPL 1 is not: who refuses GPL 2 and 3 is not told that "GPL" may be taken as that. */
export const gnuVersions: Readonly<Record<'GPL' | 'LGPL' | 'AGPL', readonly string[]>> = {
  GPL: ['2.0', '3.0'],
  LGPL: ['2.0', '2.1', '3.0'],
  AGPL: ['3.0'],
}

/** In lower case, without the words, signs and abbreviations in brackets that say nothing. */
function simplified(text: string): string {
  return withoutBrackets(text.toLowerCase())
    .replaceAll(/\b(?:https?:\S+|licen[cs]ed? under|licen[cs]e[sd]?|agreement|version|ver\.?|the)\b/g, ' ')
    .replaceAll(/\bv\.? ?(?=\d)|(?<=gpl)v(?=\d)/g, ' ')
    .replaceAll(/[\s,_"'`():;>=-]+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim()
}

/** `GNU General Public License (GPL)`: said again in short. In `BSD (3-clause)` it says more, and stays. */
function withoutBrackets(text: string): string {
  const outside = text.replaceAll(/\([^()]*\)/g, ' ').trim()
  return outside === '' || (/\d/.test(text) && !/\d/.test(outside)) ? text : outside
}
