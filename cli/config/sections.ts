import type { Section } from './section.ts'
import { fetchSection } from './sections/fetch.ts'
import { freezeSection } from './sections/freeze.ts'
import { policySection } from './sections/policy.ts'
import { serveSection } from './sections/serve.ts'
import { topSection } from './sections/top.ts'

/** All of `firn.toml`, in the order of its example. */
export const sections: readonly Section[] = [topSection, serveSection, fetchSection, freezeSection, policySection]
