import { describe, expect, it } from 'vitest'
import type { ChangeAnswer } from '../../../contract/index.ts'
import { changedSince, needsPerson } from './home-counts.ts'

const change = (judgement: ChangeAnswer['judgement'], at: string, until: string | null = null): ChangeAnswer => ({
  ...{ kind: 'latency', service: 'cart', judgement, at, until, value: 1, usual: 1 },
})
const stories = (...heads: ChangeAnswer[]) => ({ stories: heads.map((head) => ({ head, changes: [head] })) })

describe('the headline', () => {
  it('counts what needs a person now', () => {
    const well = change('mended', '2026-11-23T13:00:00Z', '2026-11-23T13:10:00Z')
    expect(needsPerson(stories(well))).toBe('Nothing needs you.')
    expect(needsPerson(stories(change('bad', '2026-11-23T13:00:00Z'), well))).toBe('One thing needs you.')
    expect(needsPerson(stories(...Array(14).fill(change('watch', '2026-11-23T13:00:00Z'))))).toBe('14 things need you.')
  })

  it('counts what began or was over since a moment', () => {
    const ms = Date.parse('2026-11-23T13:05:00Z')
    const before = change('bad', '2026-11-23T13:00:00Z')
    expect(changedSince(stories(before), ms)).toBe('Nothing changed')
    const over = change('mended', '2026-11-23T13:00:00Z', '2026-11-23T13:10:00Z')
    expect(changedSince(stories(before, over, change('bad', '2026-11-23T13:06:00Z')), ms)).toBe('Two changed')
  })
})
