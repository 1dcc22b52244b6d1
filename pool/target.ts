import { RegistryError } from './errors.ts'
import type { WheelTags } from './filename.ts'
import type { MarkerEnvironment } from './marker.ts'

/** A Python version × platform that a release must install on: `cp311-manylinux_x86_64`. */
export interface Target {
  /** The target as it is written; its canonical form. */
  readonly text: string
  readonly python: { readonly implementation: 'cp' | 'pp'; readonly major: number; readonly minor: number }
  readonly platform: Platform
}

type Family = 'manylinux' | 'musllinux' | 'macosx' | 'win'

interface Platform {
  readonly family: Family
  readonly arch: string
  /** glibc, musl or macOS version that the hosts have at least; `undefined` if not stated: any is taken to do. */
  readonly level: readonly [number, number] | undefined
}

/** Reads `cp311-manylinux_x86_64`, `cp313-musllinux_1_2_aarch64`, `cp312-win_amd64` … Throws `target-invalid`. */
export function parseTarget(text: string): Target {
  const match = /^(cp|pp)([23])(\d{1,2})-(.+)$/.exec(text)
  const platform = match ? parsePlatform(match[4] ?? '') : undefined
  if (!match || !platform) {
    throw new RegistryError(
      'target-invalid',
      { target: text.slice(0, 100) },
      {
        detail: JSON.stringify(text.slice(0, 100)),
        hint: 'write PYTHON-PLATFORM, as cp311-manylinux_x86_64, cp313-macosx_arm64 or cp312-win_amd64',
      },
    )
  }
  const [, implementation, major, minor] = match
  return {
    text,
    python: { implementation: implementation === 'pp' ? 'pp' : 'cp', major: Number(major), minor: Number(minor) },
    platform,
  }
}

function parsePlatform(text: string): Platform | undefined {
  if (text === 'win32') return { family: 'win', arch: 'x86', level: undefined }
  const match = /^(manylinux|musllinux|macosx|win)_(?:(\d+)_(\d+)_)?([a-z0-9]+(?:_\d+)?)$/.exec(text)
  if (!match) return undefined
  const [, family, high, low, arch = ''] = match
  if (!isFamily(family) || !architectures[family].includes(arch)) return undefined
  return { family, arch, level: high === undefined ? undefined : [Number(high), Number(low)] }
}

const linux = ['x86_64', 'aarch64', 'i686', 'armv7l', 'ppc64le', 's390x', 'riscv64', 'loongarch64']
const architectures: Readonly<Record<Family, readonly string[]>> = {
  manylinux: linux,
  musllinux: linux,
  macosx: ['x86_64', 'arm64'],
  win: ['amd64', 'arm64'],
}

function isFamily(text: string | undefined): text is Family {
  return text !== undefined && Object.hasOwn(architectures, text)
}

/** Whether a wheel needs no particular interpreter build or platform. */
export function isPure(tags: WheelTags): boolean {
  return tags.abis.every((abi) => abi === 'none') && tags.platforms.every((platform) => platform === 'any')
}

/** Whether an installer on the target would take a wheel with these tags. Source: PEP 425, PEP 600, PEP 656. */
export function accepts(target: Target, tags: WheelTags): boolean {
  return tags.pythons.some((python) =>
    tags.abis.some((abi) => {
      if (!pythonFits(target, python, abi)) return false
      // Who needs an interpreter's ABI runs on some platform: pip takes no `cp311-cp311-any`.
      return tags.platforms.some((each) => (each === 'any' ? abi === 'none' : platformFits(target.platform, each)))
    }),
  )
}

function pythonFits({ python }: Target, tag: string, abi: string): boolean {
  const match = /^(py|cp|pp)(\d)(\d*)$/.exec(tag)
  if (!match) return false
  const [, implementation, major, minor = ''] = match
  if (Number(major) !== python.major) return false
  const exact = minor !== '' && Number(minor) === python.minor
  const older = minor === '' || Number(minor) <= python.minor
  if (implementation === 'py') return abi === 'none' && older
  if (implementation !== python.implementation) return false
  if (abi === 'abi3') return implementation === 'cp' && Number(minor) >= firstStable && older
  return exact && (abi === 'none' || abiFits(python, tag, abi))
}

/** PEP 384: the stable ABI began with Python 3.2. */
const firstStable = 2

/**
 * `cp311`, before 3.8 `cp37m`, before 3.3 `cp27mu` too, belong to the interpreter of that name as it is usually built;
 * `cp313t` (PEP 703) and `cp311d` are other builds.
 */
function abiFits({ implementation, major, minor }: Target['python'], tag: string, abi: string): boolean {
  if (implementation === 'pp') return abi.startsWith('pypy') || abi.startsWith('pp')
  if (major === 3 && minor >= 8) return abi === tag
  return abi === `${tag}m` || (abi === `${tag}mu` && (major === 2 || minor < 3))
}

function platformFits(platform: Platform, tag: string): boolean {
  switch (platform.family) {
    case 'manylinux':
      return manylinuxFits(platform, tag)
    case 'musllinux':
      return musllinuxFits(platform, tag)
    case 'macosx':
      return macFits(platform, tag)
    case 'win':
      return tag === (platform.arch === 'x86' ? 'win32' : `win_${platform.arch}`)
  }
}

/** glibc of the names that came before PEP 600. */
const oldManylinux: Readonly<Record<string, string>> = {
  manylinux1: '2_5',
  manylinux2010: '2_12',
  manylinux2014: '2_17',
}

function manylinuxFits(platform: Platform, tag: string): boolean {
  if (tag === `linux_${platform.arch}`) return true
  const modern = tag.replace(/^manylinux(?:1|2010|2014)(?=_)/, (name) => `manylinux_${oldManylinux[name] ?? ''}`)
  const [, high, low = '', arch] = /^manylinux_(\d+)_(\d+)_(.+)$/.exec(modern) ?? []
  // CentOS 5 had glibc 2.5, on x86 alone; elsewhere manylinux begins with 2014.
  const first = ['x86_64', 'i686'].includes(platform.arch) ? 5 : 17
  return high === '2' && arch === platform.arch && Number(low) >= first && reaches(platform.level, 2, Number(low))
}

function musllinuxFits(platform: Platform, tag: string): boolean {
  if (tag === `linux_${platform.arch}`) return true
  const [, high, low, arch] = /^musllinux_(\d+)_(\d+)_(.+)$/.exec(tag) ?? []
  return arch === platform.arch && reaches(platform.level, Number(high), Number(low))
}

/** Of macOS 10 the minor version counts, from 11 on the major one alone; 10.16 is what 11 says it is to old programs. */
function macFits({ arch, level }: Platform, tag: string): boolean {
  const [, major = '', minor = '', binary = ''] = /^macosx_(\d+)_(\d+)_(.+)$/.exec(tag) ?? []
  const [high, low] = [Number(major), Number(minor)]
  if (high === 10) {
    const binaries = arch === 'arm64' ? ['universal2'] : intelBinaries
    return low >= 4 && low <= 16 && binaries.includes(binary) && reaches(level, high, low)
  }
  const binaries = arch === 'arm64' ? ['arm64', 'universal2'] : intelBinaries
  return high > 10 && low === 0 && binaries.includes(binary) && reaches(level, high, low)
}

const intelBinaries = ['x86_64', 'intel', 'fat64', 'fat3', 'universal2', 'universal']

function reaches(level: Platform['level'], high: number, low: number): boolean {
  if (!level) return true
  return level[0] > high || (level[0] === high && level[1] >= low)
}

const systems: Readonly<Record<Family, { os_name: string; sys_platform: string; platform_system: string }>> = {
  manylinux: { os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux' },
  musllinux: { os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux' },
  macosx: { os_name: 'posix', sys_platform: 'darwin', platform_system: 'Darwin' },
  win: { os_name: 'nt', sys_platform: 'win32', platform_system: 'Windows' },
}

/**
 * The marker environment of a target (PEP 508). A target names no patch release: `python_full_version` is `X.Y.0`, as
 * pip takes it with `--python-version X.Y`; kernel and OS versions are empty.
 */
export function markerEnvironment({ python, platform }: Target): MarkerEnvironment {
  const short = `${python.major}.${python.minor}`
  const pypy = python.implementation === 'pp'
  return {
    ...systems[platform.family],
    platform_machine:
      platform.family === 'win' && platform.arch !== 'x86' ? platform.arch.toUpperCase() : platform.arch,
    platform_release: '',
    platform_version: '',
    platform_python_implementation: pypy ? 'PyPy' : 'CPython',
    implementation_name: pypy ? 'pypy' : 'cpython',
    implementation_version: `${short}.0`,
    python_version: short,
    python_full_version: `${short}.0`,
  }
}
