import { describe, expect, it } from 'vitest'
import { ThinningChoice } from './thinning-choice.ts'

const hourMs = 3_600_000

/** A question for 1000 series over whole hours, in steps. */
function chosen(
  functionName: string,
  { hours, rangeMs, stepMs, series = 1000 }: { hours: number; rangeMs: number; stepMs: number; series?: number },
  use: ConstructorParameters<typeof ThinningChoice>[0] = { mode: 'auto', isRemote: true },
) {
  const steps = stepMs === 0 ? 1 : (hours * hourMs) / stepMs + 1
  const windows = { firstEndMs: rangeMs, strideMs: stepMs, steps }
  const request = {
    ...{ matchers: [], startMs: 0, endMs: rangeMs + (steps - 1) * stepMs },
    hints: { functionName, rangeMs, stepMs, newestOnly: false, windows },
  }
  return new ThinningChoice(use).choose(request, series)
}

describe('samples are thinned in the store', () => {
  it.each([
    ['a month for one number', 'avg_over_time', { hours: 0, rangeMs: 720 * hourMs, stepMs: 0 }, 'means'],
    ['windows side by side', 'rate', { hours: 24, rangeMs: 300_000, stepMs: 300_000 }, 'falls'],
    ['windows with gaps between them', 'rate', { hours: 24, rangeMs: 300_000, stepMs: 3_600_000 }, 'falls'],
    [
      'windows over one another in long steps',
      'avg_over_time',
      { hours: 24, rangeMs: hourMs, stepMs: 300_000 },
      'sums',
    ],
    ['one sample of each cell', 'max_over_time', { hours: 24, rangeMs: 300_000, stepMs: 60_000 }, 'greatest'],
  ] as const)('%s', (_name, functionName, question, form) => {
    expect(chosen(functionName, question)?.form).toBe(form)
  })

  it.each([
    ['two of four samples are left', 'rate', { hours: 6, rangeMs: 300_000, stepMs: 60_000 }],
    ['there are few samples', 'rate', { hours: 1, rangeMs: 300_000, stepMs: 300_000, series: 10 }],
    ['all samples are needed', 'quantile_over_time', { hours: 0, rangeMs: 720 * hourMs, stepMs: 0 }],
    ['cells are shorter than steps', 'rate', { hours: 24, rangeMs: 330_000, stepMs: 150_000 }],
  ] as const)('but not where %s', (_name, functionName, question) => {
    expect(chosen(functionName, question)).toBeNull()
  })

  it('only of a store that is elsewhere, or as the setting says', () => {
    const much = { hours: 24, rangeMs: 300_000, stepMs: 300_000 }
    const little = { hours: 1, rangeMs: 300_000, stepMs: 15_000, series: 1 }
    expect(chosen('rate', much, { mode: 'auto', isRemote: false })).toBeNull()
    expect(chosen('rate', much, { mode: 'never', isRemote: true })).toBeNull()
    expect(chosen('rate', little, { mode: 'always', isRemote: false })).not.toBeNull()
  })
})
