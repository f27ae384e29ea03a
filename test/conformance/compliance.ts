import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fastify from 'fastify'
import { openMetricsFixture } from '../../server/query/metrics/metrics-fixture-suite.ts'
import { MetricsQueries } from '../../server/query/metrics/metrics-queries.ts'
import { systemClock } from '../../server/runtime/clock.ts'
import { silentLogger } from '../../server/runtime/logger.ts'
import { registerPrometheusApi } from '../../server/serve/prometheus/register-prometheus-api.ts'
import type { SampleRow } from '../../server/store/load/batches-fixture-suite.ts'
import { testScope } from '../../server/store/read/read-fixture-suite.ts'
import type { Suite } from './suite.ts'

const run = promisify(execFile)

/** The recorded answers are those of a Prometheus 2.42, which allows no UTF-8 label names: two cases ask for just that. */
const settings = { labelNames: 'legacy' } as const

/** Samples that are written at once. */
const batchSize = 20_000

/**
 * The query list of the PromQL compliance tester: the suite's own program makes the data and compares the answers of
 * our HTTP API with those of a Prometheus that were recorded beside it.
 */
export const compliance: Suite = {
  name: 'promql-compliance',
  folder: 'promql/compliance',
  isIn: (folder) => existsSync(join(folder, 'pqlcheck.mjs')) && goldenIn(folder) !== undefined,
  async run(folder) {
    const program = join(folder, 'pqlcheck.mjs')
    const golden = goldenIn(folder) as string
    const seed = /seed(\d+)/.exec(golden)?.[1] ?? '1'
    const fixture = await openMetricsFixture()
    const app = fastify()
    try {
      await registerPrometheusApi(app, {
        metrics: new MetricsQueries({ store: fixture.store, clock: systemClock, settings }),
        scopeOf: ({ signal }) => Promise.resolve(testScope({ signal })),
        clock: systemClock,
        logger: silentLogger(),
        version: '0.0.0',
        targets: () => [],
      })
      const data = await run(process.execPath, [program, 'data', seed], { maxBuffer: 1 << 30 })
      const samples = samplesOf(data.stdout)
      for (let at = 0; at < samples.length; at += batchSize) await fixture.write(1, samples.slice(at, at + batchSize))
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      const { stdout } = await run(process.execPath, [program, 'run', url, join(folder, golden), '-v'], {
        maxBuffer: 1 << 28,
      })
      const [, passed, failed] = /(\d+) passed, (\d+) failed/.exec(stdout) ?? []
      const faults = stdout.split('\n').filter((line) => line.startsWith('FAIL'))
      return { passed: Number(passed), failed: Number(failed), faults }
    } finally {
      await app.close()
      await fixture.close()
    }
  },
}

function goldenIn(folder: string): string | undefined {
  return existsSync(folder) ? readdirSync(folder).find((name) => /^golden.*\.json$/.test(name)) : undefined
}

/** Lines `name{a="b",…} value seconds` of the data; its label values need no unescaping. */
function samplesOf(text: string): SampleRow[] {
  const samples: SampleRow[] = []
  const known = new Map<string, Record<string, string>>()
  for (const line of text.split('\n')) {
    const found = /^(\w+)\{(.*)\} (\S+) (\d+)$/.exec(line)
    if (found === null) continue
    const [, name, pairs, value, seconds] = found
    const key = `${name}{${pairs}`
    let labels = known.get(key)
    if (labels === undefined) {
      labels = { __name__: name }
      for (const [, label, text] of pairs.matchAll(/(\w+)="([^"]*)"/g)) labels[label] = text
      known.set(key, labels)
    }
    samples.push({ labels, ms: Number(seconds) * 1000, value: Number(value) })
  }
  return samples
}
