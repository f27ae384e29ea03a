import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MemorySource } from '../../server/query/promql/memory-source.ts'
import { type Backend, runScript } from './promqltest/run-script.ts'
import { openStoreBackend } from './promqltest/store-backend.ts'
import type { Suite, SuiteResult } from './suite.ts'

/** Prometheus' own PromQL scripts. */
export const promqltest: Suite = {
  name: 'promqltest',
  folder: 'promql/promqltest-v3.9.1',
  isIn: (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.test')),
  async run(folder, options) {
    if (options.isInMemory) return runScripts(folder, inMemory)
    const store = await openStoreBackend()
    try {
      return await runScripts(folder, () => store.next())
    } finally {
      await store.close()
    }
  },
}

async function runScripts(folder: string, create: () => Backend): Promise<SuiteResult> {
  const faults: string[] = []
  const parts = []
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.test'))
    .sort()) {
    const results = await runScript(readFileSync(join(folder, file), 'utf8'), create())
    const failed = results.filter(({ fault }) => fault !== null)
    for (const { line, query, fault } of failed) faults.push(`${file}:${line} ${query}: ${fault}`)
    parts.push({ name: file, passed: results.length - failed.length, failed: failed.length })
  }
  const passed = parts.reduce((sum, part) => sum + part.passed, 0)
  return { passed, failed: faults.length, faults, parts }
}

function inMemory(): Backend {
  const source = new MemorySource()
  return {
    source,
    isFast: true,
    add: (labels, timeMs, value) => source.add(labels, timeMs, value),
    flush: async () => {},
    clear: async () => source.clear(),
  }
}
