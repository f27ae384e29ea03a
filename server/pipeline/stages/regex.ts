import { z } from 'zod'
import { give, sourceOf, sourceSettings, targetOf } from '../parse/parsed-fields.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { compilePattern } from '../record/pattern.ts'
import { StageFault } from '../record/stage-fault.ts'
import { defineStage } from './stage.ts'

export const regex = defineStage({
  name: 'regex',
  summary: 'Makes fields of the named captures of a regular expression. Fails where it is not found.',
  settings: {
    ...sourceSettings,
    pattern: z
      .string()
      .min(1)
      .max(pipelineBounds.patternLength)
      .meta({ description: 'RE2 with named captures, `(?P<name>…)`; found anywhere in the field.' }),
  },
  examples: [
    {
      settings: { pattern: '^(?P<severity>[A-Z]+) took (?P<took_ms>[0-9]+) ms' },
      before: { body: 'WARN took 250 ms' },
      after: { body: 'WARN took 250 ms', severity: 'WARN', attributes: { took_ms: '250' } },
    },
  ],
  compile({ field, pattern }) {
    const source = sourceOf(field)
    const { expression, captures } = compilePattern(pattern, 'pattern')
    if (captures.length === 0)
      throw new StageFault('pattern', 'has no named capture; expected at least one `(?P<name>…)`')
    const targets = captures.map(({ name, group }) => ({ group, target: targetOf(name, 'string', 'pattern') }))
    return (record) => {
      const read = source(record)
      if ('fault' in read) return read.fault
      const matcher = expression.matcher(read.text)
      if (!matcher.find()) return 'the pattern is not found'
      let fault: string | null = null
      for (const { group, target } of targets) {
        const text = matcher.group(group)
        if (text !== null) fault ??= give(record, target, text)
      }
      return fault
    }
  },
})
