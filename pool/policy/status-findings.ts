import type { Finding } from '../findings.ts'
import type { ManifestPin } from '../manifest.ts'
import type { ProjectStatus } from '../project-status.ts'

/** What the statuses of its projects (PEP 792) say against a release: quarantine refuses it, deprecation is said. */
export function statusFindings(
  statuses: readonly ProjectStatus[],
  pins: readonly Pick<ManifestPin, 'project' | 'name'>[],
): readonly Finding[] {
  const said = new Map(statuses.map((status) => [status.project, status]))
  return pins.flatMap(({ project, name }) => {
    const { status, reason } = said.get(project) ?? { status: 'active', reason: null }
    if (status !== 'quarantined' && status !== 'deprecated') return []
    const message = `${name} is ${status}${reason === null ? '' : `: ${reason}`}`
    return { rule: status, severity: status === 'quarantined' ? 'refuse' : 'warn', project, message }
  })
}
