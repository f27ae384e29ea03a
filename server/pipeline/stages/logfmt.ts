import { readLogfmt } from '../parse/logfmt-pairs.ts'
import { FoundAttributes, prefixSettings, sourceOf, sourceSettings } from '../parse/parsed-fields.ts'
import { defineStage } from './stage.ts'

export const logfmt = defineStage({
  name: 'logfmt',
  summary: 'Makes attributes of `key=value` pairs; words without `=` are passed over. Fails where there is no pair.',
  settings: { ...sourceSettings, ...prefixSettings },
  examples: [
    {
      settings: {},
      before: { body: 'order placed id=17 to="New York"' },
      after: { body: 'order placed id=17 to="New York"', attributes: { id: '17', to: 'New York' } },
    },
  ],
  compile({ field, prefix }) {
    const source = sourceOf(field)
    const found = new FoundAttributes()
    return (record) => {
      const read = source(record)
      if ('fault' in read) return read.fault
      found.clear()
      readLogfmt(read.text, found)
      return found.count === 0 ? 'there is no key=value' : found.giveTo(record, prefix)
    }
  },
})
