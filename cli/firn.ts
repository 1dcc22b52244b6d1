#!/usr/bin/env node
import { main } from './main.ts'

const asked = new AbortController()
let times = 0
const stop = (signal: NodeJS.Signals) => {
  times++
  if (times > 1) process.exit(signal === 'SIGINT' ? 130 : 143)
  asked.abort(new Error(`stopped by ${signal}`))
}
process.on('SIGINT', stop).on('SIGTERM', stop)
// A reader such as head(1) may go away before everything is written.
process.stdout.on('error', () => process.exit(0))

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  signal: asked.signal,
})
