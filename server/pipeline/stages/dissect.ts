import { z } from 'zod'
import { compileDissect } from '../parse/dissect-pattern.ts'
import { sourceOf, sourceSettings } from '../parse/parsed-fields.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { defineStage } from './stage.ts'

export const dissect = defineStage({
  name: 'dissect',
  summary: 'Takes a line apart at fixed text; much cheaper than grok. Fails where that text is not there.',
  settings: {
    ...sourceSettings,
    pattern: z.string().min(1).max(pipelineBounds.patternLength).meta({
      description:
        '`%{key}` between fixed text; `%{}` passes over, `%{+key}` adds to one before, `%{key->}` passes over blanks behind it, `%{*key}` and `%{&key}` are name and value of a pair.',
    }),
    append_separator: z.string().max(16).default('').meta({ description: 'Stands between parts put together.' }),
  },
  examples: [
    {
      settings: { pattern: '%{+when} %{+when} [%{thread}] %{level->} %{}: %{text}', append_separator: ' ' },
      before: { body: '2026-01-31 12:00:00 [main] WARN  cart: slow' },
      after: {
        body: '2026-01-31 12:00:00 [main] WARN  cart: slow',
        severity: 'WARN',
        attributes: { when: '2026-01-31 12:00:00', thread: 'main', text: 'slow' },
      },
    },
  ],
  compile({ field, pattern, append_separator: separator }) {
    const source = sourceOf(field)
    const compiled = compileDissect(pattern, separator, 'pattern')
    return (record) => {
      const read = source(record)
      return 'fault' in read ? read.fault : compiled.apply(record, read.text)
    }
  },
})
