import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { RegistryError } from '../pool/errors.ts'
import { parseTarget } from '../pool/target.ts'

const run = promisify(execFile)

const question = `
import platform, sys
tag = {"cpython": "cp", "pypy": "pp"}[sys.implementation.name] + "%d%d" % sys.version_info[:2]
machine = platform.machine().lower()
machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine) if sys.platform == "linux" else machine
linux = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
family = {"linux": linux, "darwin": "macosx", "win32": "win"}[sys.platform]
print(tag + "-" + ("win32" if machine == "x86" else family + "_" + machine))
`

/** The target that this machine's Python is: `cp311-manylinux_x86_64`. Throws `usage` if it cannot be told. */
export async function machineTarget(python = 'python3'): Promise<string> {
  try {
    const { stdout } = await run(python, ['-c', question])
    return parseTarget(stdout.trim()).text
  } catch (cause) {
    throw new RegistryError(
      'usage',
      { python },
      {
        detail: `${python} cannot tell which target this machine is`,
        hint: 'name the targets, as --target cp311-manylinux_x86_64, or the Python with FIRN_PYTHON',
        cause,
      },
    )
  }
}
