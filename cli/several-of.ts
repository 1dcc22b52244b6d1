/** The values of a variable of the environment that holds several, with blanks or commas between them. */
export function severalOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((each) => each !== '')
}
