import { expect, it } from 'vitest'
import type { ChangesAnswer, DemoState } from '../../../contract/index.ts'
import { demoSteps } from './demo-steps.ts'

const state = (active: boolean): DemoState => ({
  ...{ status: 'running', tenant: 'demo-shop', has_rows: true, started_at: null, stops_at: null, processes: [] },
  ...{ faults: [{ name: 'memory-leak', title: 'Memory leak', active, since: null }], may_manage: true },
})
const head = (judgement: 'bad' | 'mended') =>
  ({ kind: 'latency', service: 'cart', judgement, at: '', until: null, value: 1, usual: 1 }) as const
const changes = (...judgements: ('bad' | 'mended')[]): Pick<ChangesAnswer, 'services' | 'stories'> => ({
  services: [],
  stories: judgements.map((one) => ({ head: head(one), changes: [] })),
})
const done = (...about: Parameters<typeof demoSteps>) => demoSteps(...about).filter(({ isDone }) => isDone).length

it('the walk goes on by what is true', () => {
  expect(done(state(false), changes())).toBe(1)
  expect(done(state(true), changes())).toBe(2)
  expect(done(state(true), changes('bad'))).toBe(3)
  expect(done(state(false), changes('bad'))).toBe(1)
  expect(done(state(false), changes('mended'))).toBe(4)
})
