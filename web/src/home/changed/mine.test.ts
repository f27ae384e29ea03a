import { describe, expect, it } from 'vitest'
import type { ChangeAnswer } from '../../../../contract/index.ts'
import { storiesOf } from './mine.ts'

const change = (service: string): ChangeAnswer => ({
  ...{ kind: 'latency', service, judgement: 'bad', at: '2026-11-23T13:00:00Z', until: null, value: 1, usual: 1 },
})
const story = (...services: string[]) => ({ head: change(services[0]), changes: services.map(change) })

describe('stories of the services that are mine', () => {
  it('are those in which any of them has a part, in their order', () => {
    const stories = [story('shop', 'payment'), story('cart'), story('payment')]
    expect(storiesOf(stories, new Set(['payment']))).toEqual([stories[0], stories[2]])
    expect(storiesOf(stories, new Set(['nobody']))).toEqual([])
    expect(storiesOf(stories, new Set())).toEqual([])
  })
})
