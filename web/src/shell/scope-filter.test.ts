import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readConditions, scopeConditions, writeConditions } from './scope-filter.ts'

it('reads conditions of a line, in quotes where a value has spaces', () => {
  expect(readConditions('service:cart  endpoint:"POST /v1/charges" words url:http://x:1/')).toEqual([
    'service:cart',
    'endpoint:POST /v1/charges',
    'url:http://x:1/',
  ])
  expect(readConditions('a:"b\\"c\\\\" "x:y" d: :e f:"open')).toEqual(['a:b"c\\'])
  expect(readConditions('')).toEqual([])
})

it('reads what it writes', () => {
  const field = fc.stringMatching(/^[a-z][a-z0-9._]{0,12}$/)
  const value = fc.string({ unit: 'grapheme' }).filter((text) => text.trim() === text)
  fc.assert(
    fc.property(fc.dictionary(field, value, { maxKeys: 5 }), (values) => {
      const expected = Object.entries(values).filter(([, text]) => text !== '')
      expect(readConditions(writeConditions(values))).toEqual(expected.map(([name, text]) => `${name}:${text}`))
      expect(scopeConditions(readConditions(writeConditions({ 'a.b': 'x y' })))).toEqual([
        { field: 'a.b', operator: 'eq', value: 'x y' },
      ])
    }),
    { seed: 3 },
  )
})
