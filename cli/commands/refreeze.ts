import { Command } from 'commander'
import { errors } from '../../pool/errors.ts'
import type { Problem } from '../../pool/pins/pin.ts'
import type { Customer, RefreezeEvent, Refrozen } from '../../pool/refreeze-event.ts'
import { refreezeCustomers } from '../calls/refreeze.ts'
import { connect, goneMeanwhile } from '../connection.ts'
import { count, plain, type Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

interface RefreezeOptions extends ServerOptions {
  readonly base: string
  readonly as?: string
  readonly dryRun?: boolean
}

export function refreezeCommand(io: Io, exit: (code: number) => void): Command {
  return serverOptions(new Command('refreeze'))
    .summary('lay every customer over a new base')
    .description(
      'Lay what each customer has of its own over a new base: its pins with their files, what it leaves out, its ' +
        'waivers, its targets. Customers are all products whose newest release is laid over a release of the same ' +
        'product as the base, or those that are named. One that fails stops no other.',
    )
    .argument('[product...]', 'customers; default: all')
    .requiredOption('-b, --base <release>', 'the new base, as karl/3.31')
    .option('--as <template>', 'how the new releases are named; default: {release}+{base}, as 2026.11.1+karl3.31')
    .option('-n, --dry-run', 'say what would become of each, and freeze nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  firn refreeze --base karl/3.31 --dry-run\n  firn refreeze --base karl/3.31 acme initech --as {release}-on-{base}',
    )
    .action(async (products: string[], options: RefreezeOptions) => exit(await refreeze(products, options, io)))
}

async function refreeze(products: readonly string[], options: RefreezeOptions, io: Io): Promise<number> {
  const { url, base, as: template, dryRun = false, json = false } = options
  const body = { base, products, dryRun, ...(template === undefined ? {} : { template }) }
  let last: RefreezeEvent | undefined
  let print: (event: RefreezeEvent) => string = asJson
  for await (const event of refreezeCustomers(connect(options), body, io.signal)) {
    if (!json && event.event === 'plan') print = tableOf(event.customers)
    io.stdout.write(json ? print(event) : plain(print(event)))
    last = event
  }
  // Without its last line the answer is not whole: the server went away while it worked.
  if (last?.event !== 'done') throw goneMeanwhile(url)
  return last.failed > 0 ? errors['freeze-refused'].exit : 0
}

function asJson(event: RefreezeEvent): string {
  return `${JSON.stringify(event)}\n`
}

/** A table whose columns are as wide as the plan says, so that each line can be printed as it comes. */
function tableOf(customers: readonly Customer[]): (event: RefreezeEvent) => string {
  const head = { product: 'PRODUCT', from: 'FROM', to: 'TO' }
  const width = (column: keyof Customer) => Math.max(...[head, ...customers].map((row) => (row[column] ?? '-').length))
  const [product, from, to] = [width('product'), width('from'), width('to')]
  const row = (one: Customer, outcome: string, why: string) => {
    const cells = [one.product.padEnd(product), (one.from ?? '-').padEnd(from), (one.to ?? '-').padEnd(to)]
    return `${[...cells, outcome.padEnd('outcome'.length), why].join('  ').trimEnd()}\n`
  }
  return (event) => {
    switch (event.event) {
      case 'plan':
        return customers.length === 0 ? `no customer of ${event.base}\n` : row(head, 'OUTCOME', 'WHY')
      case 'customer':
        return rowsOf(event)
          .map(([one, outcome, why]) => row(one, outcome, why))
          .join('')
      case 'done':
        return summary(event)
    }
  }
}

const blank: Customer = { product: '', from: '', to: '' }

/** A line for each reason. */
function rowsOf(refrozen: Refrozen): readonly (readonly [Customer, string, string])[] {
  const [first = '', ...more] = [...refrozen.problems.map(describeProblem), ...refrozen.notes]
  return [[refrozen, refrozen.outcome, first], ...more.map((why) => [blank, '', why] as const)]
}

function describeProblem({ place, message }: Problem): string {
  return place ? `${place.source}:${place.line}: ${message}` : message
}

function summary({ frozen, same, checked, failed }: Extract<RefreezeEvent, { event: 'done' }>): string {
  const parts = [
    ...(checked > 0 ? [`dry run, nothing was frozen: ${checked} would be`] : [`${count(frozen, 'release')} frozen`]),
    `${same} on that base already`,
    `${failed} failed`,
  ]
  return `${parts.join(', ')}\n`
}
