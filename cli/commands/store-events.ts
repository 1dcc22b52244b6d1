import type { UpkeepEvent } from '../../storage/upkeep/upkeep-event.ts'
import { plain, printBytes } from '../io.ts'
import type { Progress } from '../progress.ts'

export interface UpkeepShow {
  readonly json: boolean
  /** Whether each file that is copied has its line. */
  readonly files: boolean
}

/** Of more files the bar tells enough: nobody reads thousands of lines. */
const mostNamed = 50

/** Shows what a backup or a restore tells: lines and a bar, or with `json` a line of JSON an event. */
export function showUpkeep(bar: Progress, { json, files }: UpkeepShow): (event: UpkeepEvent) => void {
  let [total, names] = [0, files]
  return (event) => {
    if (json) return bar.line(JSON.stringify(event))
    switch (event.event) {
      case 'plan':
        total += event.bytes
        names &&= event.files <= mostNamed
        return bar.start(total)
      case 'progress':
        return bar.add(event.bytes)
      case 'copied':
        if (names) bar.line(plain(`copied   ${event.filename}  ${printBytes(event.size)}`))
        return
      case 'set-aside':
        return bar.complain(plain(`damaged  ${event.filename} in the backup; what was there is kept as ${event.path}`))
      case 'problem':
        return bar.complain(plain(`failed   ${event.filename}: ${event.message}`))
      case 'unreadable':
        return bar.complain(plain(`damaged  ${event.message}`))
      case 'dropped':
        return bar.line(
          `dropped  the snapshot ${event.at === null ? `${event.name}, which was never finished` : event.at}`,
        )
      case 'erased':
        return bar.line(plain(`erased   ${event.filename}, which was removed from the pool`))
    }
  }
}
