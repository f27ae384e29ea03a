import { expect, it } from 'vitest'
import { type ActiveTarget, targetRows } from './targets.ts'

const target = (health: ActiveTarget['health'], job: string): ActiveTarget => ({
  ...{ labels: { job }, scrapePool: 'pool', scrapeUrl: `http://${job}/metrics`, lastError: '', health },
  ...{ lastScrape: '0001-01-01T00:00:00Z', lastScrapeDuration: 0, scrapeInterval: '15s' },
})

it('shows what does not answer first', () => {
  const activeTargets = [target('up', 'b'), target('up', 'a'), target('unknown', 'c'), target('down', 'z')]
  expect(targetRows({ data: { activeTargets } }).map(({ labels }) => labels.job)).toEqual(['z', 'c', 'a', 'b'])
  expect(targetRows(undefined)).toEqual([])
})
