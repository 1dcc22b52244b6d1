import type { Target } from '../../pool/target.ts'

/** A target as options of uv name it. */
export interface UvTarget {
  readonly target: Target
  readonly pythonVersion: string
  readonly pythonPlatform: string
  /** What uv reads from the environment instead: the macOS version. */
  readonly env: Readonly<Record<string, string>>
}

/** The target for uv, or why uv cannot be asked for it. */
export function uvTarget(target: Target): UvTarget | { readonly problem: string } {
  const { implementation, major, minor } = target.python
  if (implementation !== 'cp') return { problem: 'uv resolves for CPython alone' }
  if (major < 3) return { problem: 'uv resolves for Python 3 alone' }
  const pythonPlatform = platformOf(target)
  if (pythonPlatform === undefined) return { problem: 'uv knows no such platform' }
  return { target, pythonVersion: `${major}.${minor}`, pythonPlatform, env: macosVersion(target) }
}

/** The glibc versions of uv's platforms; a target that states none is taken to have any. */
const glibcs = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]

function platformOf({ platform: { family, arch, level } }: Target): string | undefined {
  switch (family) {
    case 'manylinux':
      return arch === 'riscv64' ? 'riscv64-unknown-linux' : manylinux(arch, level)
    case 'musllinux':
      return isCommon(arch) ? `${arch}-unknown-linux-musl` : undefined
    case 'macosx':
      return arch === 'arm64' ? 'aarch64-apple-darwin' : 'x86_64-apple-darwin'
    case 'win':
      return `${{ amd64: 'x86_64', arm64: 'aarch64', x86: 'i686' }[arch] ?? arch}-pc-windows-msvc`
    default:
      return family satisfies never
  }
}

function manylinux(arch: string, level: Target['platform']['level']): string | undefined {
  const [high, low] = level ?? [2, 40]
  const glibc = high === 2 ? glibcs.findLast((each) => each <= low) : undefined
  return isCommon(arch) && glibc !== undefined ? `${arch}-manylinux_2_${glibc}` : undefined
}

function isCommon(arch: string): boolean {
  return arch === 'x86_64' || arch === 'aarch64'
}

function macosVersion({ platform: { family, level } }: Target): Readonly<Record<string, string>> {
  return family === 'macosx' && level ? { MACOSX_DEPLOYMENT_TARGET: level.join('.') } : {}
}
