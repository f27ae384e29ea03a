import { compileConditions, conditionGroupSchema } from '../record/condition.ts'
import { defineStage } from './stage.ts'

export const match = defineStage({
  name: 'match',
  summary: 'Lets lines go on that fit; the others leave the pipeline as they are.',
  settings: conditionGroupSchema.shape,
  examples: [
    {
      settings: { all: [{ field: 'service.name', equals: 'cart' }] },
      before: { body: 'order placed' },
      after: 'left',
    },
    {
      settings: { any: [{ field: 'body', contains: 'order' }], none: [{ field: 'severity', equals: 'DEBUG' }] },
      before: { body: 'order placed', severity: 'INFO' },
      after: { body: 'order placed', severity: 'INFO' },
    },
  ],
  compile(settings) {
    const fits = compileConditions(settings, '')
    return (record) => {
      if (!fits(record)) record.verdict = 'left'
      return null
    }
  },
})
