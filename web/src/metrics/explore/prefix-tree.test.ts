import { describe, expect, it } from 'vitest'
import { prefixTree } from './prefix-tree.ts'

describe('prefixes', () => {
  it('group names by their parts and leave out groups of one', () => {
    const names = ['http_requests_total', 'http_errors_total', 'nodejs_gc_a', 'nodejs_gc_b', 'up', 'process_fds']
    expect(prefixTree(names)).toEqual([
      { text: 'http_', count: 2, children: [] },
      { text: 'nodejs_gc_', count: 2, children: [] },
    ])
  })

  it('nest', () => {
    const [tree] = prefixTree(['a_b_1', 'a_b_2', 'a_c_1', 'a_c_2', 'a_d'])
    expect(tree).toEqual({
      ...{ text: 'a_', count: 5 },
      children: [
        { text: 'a_b_', count: 2, children: [] },
        { text: 'a_c_', count: 2, children: [] },
      ],
    })
  })
})
