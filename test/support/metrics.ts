import { run, toolEnvironment } from './python.ts'

/** A metric as Prometheus' own reader for Python finds it. */
export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
  }[]
}

/** As it comes from Python: JSON has no word for what is no number. */
type Read = Omit<Family, 'samples'> & {
  readonly samples: readonly (Omit<Family['samples'][number], 'value'> & { readonly value: string })[]
}

const reader = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
def plain(sample):
    return {"name": sample.name, "labels": sample.labels, "value": repr(float(sample.value))}
print(json.dumps([
    {"name": family.name, "type": family.type, "help": family.documentation, "samples": [plain(s) for s in family.samples]}
    for family in text_string_to_metric_families(sys.stdin.read())
]))
`

/** Throws what the reader says of a text that is none. */
export async function readMetrics(text: string): Promise<readonly Family[]> {
  const { python } = await toolEnvironment('prometheus', ['prometheus-client==0.26.0'])
  const { code, stdout, stderr } = await run(python, ['-c', reader], { input: text })
  if (code !== 0) throw new Error(stderr)
  return (JSON.parse(stdout) as readonly Read[]).map(({ samples, ...family }) => ({
    ...family,
    samples: samples.map((sample) => ({ ...sample, value: Number(sample.value) })),
  }))
}

/** The value of one sample; 0 where there is none, as Prometheus counts. Throws if the labels are those of several. */
export function valueOf(
  families: readonly Family[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const samples = families.flatMap((family) => family.samples).filter((sample) => sample.name === name)
  const wanted = Object.entries(labels)
  const found = samples.filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
  if (found.length > 1) throw new Error(`${name} has ${found.length} samples of ${JSON.stringify(labels)}`)
  return found[0]?.value ?? 0
}
