import type { Waiver } from '../waivers.ts'

export const actions = ['refuse', 'warn', 'allow'] as const

/** What becomes of a release that a rule speaks against. */
export type Action = (typeof actions)[number]

/** What a release may hold. Of two policies, that of the server and that of who freezes, the stricter counts. */
export interface Policy {
  readonly yanked: Action
  /** Of projects that would be built from source on a target. */
  readonly sdistOnly: Action
  /** How long an upstream index must have had a file, in milliseconds. What the team itself uploaded may be new. */
  readonly age: { readonly least: number; readonly action: Action } | null
  readonly licences: LicenceRule | null
  readonly waivers: readonly Waiver[]
  /** Of a server: whether the waivers of who freezes count against its policy. They are kept in the manifest. */
  readonly clientWaivers: boolean
}

/** SPDX ids, each with or without an exception. `allow`: these alone, `null` for any. */
export interface LicenceRule {
  readonly allow: readonly string[] | null
  readonly refuse: readonly string[]
  /** Of a licence that neither metadata nor classifiers state in a way that is known. */
  readonly unknown: Action
  readonly action: Action
}

/** Where nothing is said. Installers too warn of what was yanked (PEP 592). */
export const defaultPolicy: Policy = {
  yanked: 'warn',
  sdistOnly: 'allow',
  age: null,
  licences: null,
  waivers: [],
  clientWaivers: true,
}
