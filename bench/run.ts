import { benchCrash } from './crash/crash.ts'
import { benchIngest } from './ingest/ingest.ts'
import { benchProtocols } from './ingest/protocol-costs.ts'
import { benchLogLines } from './log-lines.ts'
import { benchLogPipelines } from './log-pipelines.ts'
import { benchQuery } from './query/query.ts'
import { benchWeb } from './web/web.ts'

/** `npm run bench -- NAME [options]`: each bench prints a table; none of them judges. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  crash: benchCrash,
  ingest: benchIngest,
  'log-lines': benchLogLines,
  protocols: benchProtocols,
  'log-pipelines': benchLogPipelines,
  query: benchQuery,
  web: benchWeb,
}

const [name, ...args] = process.argv.slice(2)
const bench = benches[name ?? '']
if (bench === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join('|')} [--help]`)
  process.exit(2)
}
await bench(args)
