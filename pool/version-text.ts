import { RegistryError } from './errors.ts'

/**
 * A version as people have written them since 2004: PEP 440, or legacy text such as `0.9.8.0-osi1`. It becomes part of
 * filenames, URLs and pages, so what it is made of is bounded. Returns it trimmed. Throws `version-invalid`.
 */
export function parseVersionText(text: string): string {
  const version = text.trim()
  if (/^[A-Za-z0-9][A-Za-z0-9._+!-]{0,99}$/.test(version)) return version
  throw new RegistryError(
    'version-invalid',
    { version: version.slice(0, 120) },
    {
      detail: `${JSON.stringify(version.slice(0, 120))} is no version`,
      hint: 'only letters, digits and . _ + ! - may be in a version',
    },
  )
}
