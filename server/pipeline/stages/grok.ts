import { z } from 'zod'
import { compileGrok } from '../parse/grok-pattern.ts'
import { give, sourceOf, sourceSettings } from '../parse/parsed-fields.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { StageFault } from '../record/stage-fault.ts'
import { defineStage } from './stage.ts'

const pattern = z.string().min(1).max(pipelineBounds.patternLength)

export const grok = defineStage({
  name: 'grok',
  summary:
    'Makes fields of a line by patterns with names in them. The first that is found counts; fails where none is.',
  settings: {
    ...sourceSettings,
    patterns: z.array(pattern).min(1).max(pipelineBounds.patternsPerStage).meta({
      description:
        '`%{IP:client.address}`, `%{INT:status:int}` (string, int, float, bool), between them a regular expression.',
    }),
    definitions: z
      .record(z.string().regex(/^[A-Za-z0-9_]{1,64}$/), pattern)
      .default({})
      .meta({ description: 'Patterns of your own by name; they come before the known ones.' }),
  },
  examples: [
    {
      settings: {
        patterns: ['^%{IP:client.address} %{WORD:http.request.method} %{NOTSPACE:url.path} %{INT:status:int}'],
      },
      before: { body: '203.0.113.7 GET /cart 404' },
      after: {
        body: '203.0.113.7 GET /cart 404',
        attributes: {
          'client.address': '203.0.113.7',
          'http.request.method': 'GET',
          'url.path': '/cart',
          status: '404',
        },
      },
    },
    {
      settings: { patterns: ['order %{ORDER:order.id}'], definitions: { ORDER: '[A-Z]{2}-%{INT}' } },
      before: { body: 'order EU-17 placed' },
      after: { body: 'order EU-17 placed', attributes: { 'order.id': 'EU-17' } },
    },
  ],
  compile({ field, patterns, definitions }) {
    const own = Object.keys(definitions).length
    if (own > pipelineBounds.grokDefinitions)
      throw new StageFault('definitions', `has ${own} entries; expected at most ${pipelineBounds.grokDefinitions}`)
    const source = sourceOf(field)
    const compiled = patterns.map((text, i) => compileGrok(text, definitions, `patterns[${i}]`))
    return (record) => {
      const read = source(record)
      if ('fault' in read) return read.fault
      for (const { expression, captures } of compiled) {
        const matcher = expression.matcher(read.text)
        if (!matcher.find()) continue
        let fault: string | null = null
        for (const { group, target } of captures) {
          const text = matcher.group(group)
          if (text !== null && text !== '') fault ??= give(record, target, text)
        }
        return fault
      }
      return 'no pattern is found'
    }
  },
})
