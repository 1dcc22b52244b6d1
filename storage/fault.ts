/**
 * The places at which a crash test ends the process: between any two of them the state on disk differs. Crash tests
 * walk this list, so a new step on the way to durability belongs in it.
 */
export const faultPoints = [
  'key:written',
  'key:named',
  'key:before-commit',
  'upload:receiving',
  'upload:staged',
  'upload:checked',
  'adopt:linked',
  'adopt:unstaged',
  'adopt:synced',
  'upload:adopted',
  'row:before-commit',
  'row:committed',
  'upload:before-answer',
  'freeze:checked',
  'freeze:before-commit',
  'freeze:committed',
  'freeze:before-answer',
  'repair:set-aside',
  'repair:staged',
  'repair:put-back',
  'repair:before-commit',
  'repair:committed',
  'backup:database-copied',
  'backup:file-staged',
  'backup:file-named',
  'backup:files-synced',
  'backup:snapshot-written',
  'backup:snapshot-named',
  'restore:database-copied',
  'restore:file-copied',
  'restore:built',
  'restore:named',
  'collect:deleted',
] as const

export type FaultPoint = (typeof faultPoints)[number]

export type Fault = (point: FaultPoint) => void

/** Ends the process as a power cut would (SIGKILL) when it comes to the named point. `undefined`: never. */
export function faultAt(named: string | undefined): Fault {
  if (named === undefined) return () => {}
  return (point) => {
    if (point === named) process.kill(process.pid, 'SIGKILL')
  }
}
