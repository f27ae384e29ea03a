import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compliance } from './compliance.ts'
import { elasticsearch } from './elasticsearch.ts'
import { openmetrics } from './openmetrics.ts'
import { otlp } from './otlp.ts'
import { promqltest } from './promqltest.ts'
import type { Suite } from './suite.ts'
import { zipkin } from './zipkin.ts'

/** Every suite the project answers for; one line each. */
const suites: readonly Suite[] = [openmetrics, otlp, promqltest, compliance, zipkin, elasticsearch]

const help = `npm run conformance -- FOLDER [--suite NAME] [-v]
  FOLDER        the folder of all suites, or with --suite the folder of that suite itself
  --suite NAME  one of ${suites.map(({ name }) => name).join(', ')}
  --memory      language suites over samples in memory, without the store
  -v            every failed case, and totals per file`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suite: { type: 'string' },
    memory: { type: 'boolean', default: false },
    verbose: { type: 'boolean', short: 'v', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const [folder] = positionals
if (values.help || folder === undefined) {
  console.log(help)
  process.exit(values.help ? 0 : 2)
}
const chosen = suites.filter(({ name }) => values.suite === undefined || name === values.suite)
if (chosen.length === 0) {
  console.error(`unknown suite "${values.suite}"; expected one of ${suites.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

let failed = 0
for (const suite of chosen) {
  const own = values.suite !== undefined && suite.isIn(folder) ? folder : join(folder, suite.folder)
  if (!suite.isIn(own)) {
    console.log(`${suite.name}: not in ${own}, left out`)
    continue
  }
  const result = await suite.run(own, { isInMemory: values.memory })
  failed += result.failed
  if (values.verbose)
    for (const part of result.parts ?? []) console.log(`  ${part.name}: ${part.passed} passed, ${part.failed} failed`)
  for (const fault of result.faults.slice(0, values.verbose ? undefined : 3)) console.log(`  ${fault}`)
  console.log(`${suite.name}: ${result.passed} passed, ${result.failed} failed`)
}
process.exit(failed === 0 ? 0 : 1)
