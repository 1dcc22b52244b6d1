import { RegistryError } from '../pool/errors.ts'

/** How many uploads and fetches are under way at once. */
export interface Intake {
  /** Takes a place; what is returned gives it back. Throws `server-busy` if all are taken. */
  enter(): () => void
  taken(): number
  /** How often there was no place. */
  refused(): number
}

/** After how many seconds one that found no place may try again. */
const comeBackAfter = 5

export function intakeOf(places: number): Intake {
  let [taken, refused] = [0, 0]
  return {
    enter() {
      if (taken >= places) {
        refused++
        throw busy(places)
      }
      taken++
      let left = false
      return () => {
        if (!left) taken--
        left = true
      }
    },
    taken: () => taken,
    refused: () => refused,
  }
}

function busy(places: number): RegistryError {
  const facts = { uploads: places, seconds: comeBackAfter }
  const detail = `it takes ${places} at once; come back in ${comeBackAfter} s`
  return new RegistryError('server-busy', facts, { detail, hint: 'try again; more at once: firn serve --max-uploads' })
}
