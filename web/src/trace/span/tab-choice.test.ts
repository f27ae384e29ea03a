import { describe, expect, it } from 'vitest'
import { type SpanTab, shownTab, spanTabs, type TabCounts, tabAfter } from './tab-choice.ts'

const counts: TabCounts = { logs: 4, attributes: 11, events: 1, resource: 6, metrics: 3 }

describe('which part of a span is shown', () => {
  it('is the one that the address names, also where it is empty', () => {
    expect(shownTab('events', counts)).toBe('events')
    expect(shownTab('events', { ...counts, events: 0 })).toBe('events')
  })

  it('is the first that has something, where the address names none that is known', () => {
    expect(shownTab(undefined, counts)).toBe('logs')
    expect(shownTab(undefined, { ...counts, logs: 0 })).toBe('attributes')
    expect(shownTab('toString', { ...counts, logs: 0, attributes: 0 })).toBe('events')
  })

  it('waits for logs that may still come', () => {
    expect(shownTab(undefined, { ...counts, logs: undefined })).toBe('logs')
  })

  it('is the first where there is nothing at all', () => {
    expect(shownTab(undefined, { logs: 0, attributes: 0, events: 0, resource: 0, metrics: 0 })).toBe('logs')
  })
})

describe('a key on a tab', () => {
  it('goes around by arrows, each tab once', () => {
    for (const key of ['ArrowRight', 'ArrowLeft']) {
      const seen: SpanTab[] = [spanTabs[0]]
      for (let next = tabAfter(seen[0], key)!; next !== seen[0]; next = tabAfter(next, key)!) seen.push(next)
      expect(new Set(seen).size).toBe(spanTabs.length)
    }
    expect(tabAfter('logs', 'ArrowRight')).toBe('attributes')
    expect(tabAfter('logs', 'ArrowLeft')).toBe('metrics')
  })

  it('goes to the ends, and nowhere by other keys', () => {
    expect(tabAfter('events', 'Home')).toBe('logs')
    expect(tabAfter('events', 'End')).toBe('metrics')
    expect(tabAfter('events', 'e')).toBeNull()
  })
})
