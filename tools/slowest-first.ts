import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, the longest first: begun last, one of them alone would keep a worker busy at the end. */
const slow = [
  'demo/demo.test.ts',
  'test/crash/crash.test.ts',
  'test/end-to-end/signals.test.ts',
  'demo/shop.test.ts',
  'test/end-to-end/lifecycle.test.ts',
  'server/store/engine/embedded-engine.test.ts',
  'server/store/derive/samples.test.ts',
  'server/serve/query-fuzz.test.ts',
]

/** Runs the slowest test files first, all others in vitest's own order. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) => {
      const place = slow.findIndex((name) => moduleId.endsWith(`/${name}`))
      return place === -1 ? slow.length : place
    }
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}
