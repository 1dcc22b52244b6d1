const hour = 3_600_000
const units = { h: hour, d: 24 * hour, w: 7 * 24 * hour } as const

/** Reads `36h`, `7d`, `2w` as milliseconds. `undefined` on anything else: `m` may be minutes or months. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,5})([hdw])$/.exec(text)
  if (!match) return undefined
  const [, number, unit] = match
  return Number(number) * units[unit as keyof typeof units]
}

/** `36 hours`, `7 days`: in whole units, rounded down. */
export function printDuration(milliseconds: number): string {
  const days = Math.floor(milliseconds / units.d)
  const [number, noun] = days >= 3 ? [days, 'day'] : [Math.floor(milliseconds / hour), 'hour']
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
