import type { Reporter, TestModule } from 'vitest/node'

/** Closes a test run with the plain line `N passed, N failed, N skipped`, which other programs read. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      let own = 0
      for (const test of module.children.allTests()) {
        counts[test.result().state] += 1
        own += 1
      }
      // A module that fails to load has no tests to count, yet it is a failure.
      if (own === 0 && module.state() === 'failed') counts.failed += 1
    }
    process.on('exit', () => {
      console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped + counts.pending} skipped`)
    })
  }
}
