import type { Staging } from '../../storage/filesystem/staging.ts'
import type { TotalRecords } from '../../storage/ports/totals.ts'
import type { Access } from '../access/access.ts'
import type { Connections } from '../http/connections.ts'
import type { Intake } from '../intake.ts'
import type { Faults } from './faults.ts'
import type { Traffic } from './traffic.ts'

/** The parts of one server that numbers are read from. */
export interface Watched {
  readonly traffic: Traffic
  readonly connections: Connections
  readonly intake: Intake
  readonly faults: Faults
  readonly access: Pick<Access, 'refusals'>
  readonly records: TotalRecords
  readonly staging: Pick<Staging, 'freeBytes'>
}
