import { z } from 'zod'
import { readCsvRow } from '../parse/csv-row.ts'
import { give, sourceOf, sourceSettings, targetOf } from '../parse/parsed-fields.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { StageFault } from '../record/stage-fault.ts'
import { defineStage } from './stage.ts'

const columnName = z.string().max(pipelineBounds.fieldNameLength)

export const csv = defineStage({
  name: 'csv',
  summary: 'Makes fields of the columns of a row. Fails where quotes are not closed, or the number of columns differs.',
  settings: {
    ...sourceSettings,
    columns: z.array(columnName).min(1).max(pipelineBounds.fieldsPerStage).meta({
      description: 'Names in order; an empty one passes a column over.',
    }),
    separator: z.string().length(1).default(','),
    quote: z.string().max(1).default('"').meta({ description: 'Nothing: no quotes.' }),
    exact: z.boolean().default(true).meta({
      description: 'False: a row may have fewer columns, or more, which are passed over.',
    }),
  },
  examples: [
    {
      settings: { columns: ['order.id', '', 'city'], separator: ';' },
      before: { body: '17;x;"Ulm; old town"' },
      after: { body: '17;x;"Ulm; old town"', attributes: { 'order.id': '17', city: 'Ulm; old town' } },
    },
  ],
  compile({ field, columns, separator, quote, exact }) {
    if (separator === quote) throw new StageFault('quote', 'is the separator too; expected another character')
    const source = sourceOf(field)
    const targets = columns.map((name, i) => (name === '' ? null : targetOf(name, 'string', `columns[${i}]`)))
    return (record) => {
      const read = source(record)
      if ('fault' in read) return read.fault
      const row = readCsvRow(read.text.replace(/\r?\n$/, ''), { separator, quote }, columns.length)
      if (row === null) return 'quotes are not closed, or text follows them'
      if (exact && row.length !== columns.length)
        return `the row has ${row.length > columns.length ? 'more' : row.length} columns, not ${columns.length}`
      let fault: string | null = null
      for (let i = 0; i < targets.length && i < row.length; i++) {
        const target = targets[i]
        if (target !== null && row[i] !== '') fault ??= give(record, target, row[i])
      }
      return fault
    }
  },
})
