/** What firn reads out of metadata of every age is what Python's `packaging` reads. */
import { expect, it, vi } from 'vitest'
import { metadataSamples } from '../support/metadata-samples.ts'
import { run, toolEnvironment } from '../support/python.ts'

vi.setConfig({ testTimeout: 300_000 })

const script = `
import base64, json, sys
from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

def read(sample):
    raw, unread = parse_email(base64.b64decode(sample))
    # A field that is no UTF-8 it gives as it would have been in Latin-1, beside the others.
    text = str(raw.get("license") or next(iter(unread.get("license", [])), "")).strip().splitlines()
    known = [line for line in text[:1] if line not in ("", "UNKNOWN")]
    classifiers = sorted(each for each in raw.get("classifiers", []) if each.startswith("License ::"))
    return {
        "name": raw["name"].strip(),
        "version": raw["version"].strip(),
        "requiresPython": raw.get("requires_python"),
        "requires": raw.get("requires_dist", []),
        "extras": sorted(canonicalize_name(each) for each in raw.get("provides_extra", [])),
        "licence": {
            "expression": raw.get("license_expression"),
            "text": known[0] if known else None,
            "classifiers": classifiers,
        },
    }

json.dump([read(sample) for sample in json.load(sys.stdin)], sys.stdout)
`

it('agrees with packaging 26.3 on metadata from 1.0 on', async () => {
  const { python } = await toolEnvironment('packaging', ['packaging==26.3'])
  const input = JSON.stringify(metadataSamples.map(({ bytes }) => bytes.toString('base64')))
  const { code, stdout, stderr } = await run(python, ['-c', script], { input })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const theirs = JSON.parse(stdout) as unknown[]
  expect(metadataSamples.map(({ label }, at) => [label, theirs[at]])).toEqual(
    metadataSamples.map(({ label, read }) => [label, read]),
  )
})
