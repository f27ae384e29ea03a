import { defineConfig } from 'vitest/config'
import { SlowestFirst } from './tools/slowest-first.ts'

export default defineConfig({
  test: {
    include: [
      'server/**/*.test.ts',
      'contract/**/*.test.ts',
      'tools/**/*.test.ts',
      'test/**/*.test.ts',
      'demo/**/*.test.ts',
      'bench/**/*.test.ts',
      'web/src/**/*.test.{ts,tsx}',
    ],
    // A limit for what hangs, not a measure: on a busy machine tests with an engine take many times their usual.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
    reporters: ['default', './tools/closing-line-reporter.ts'],
  },
})
