import { z } from 'zod'
import { nearest } from '../../runtime/config/nearest.ts'
import { StageFault } from '../record/stage-fault.ts'
import { defineStage } from './stage.ts'

export const route = defineStage({
  name: 'route',
  summary:
    'Sends the line to another tenant, or into a retention class of the configuration (`pipelines.retentionClasses`). Fails where there is no such tenant; the line then stays.',
  settings: {
    tenant: z
      .string()
      .min(1)
      .max(150)
      .optional()
      .meta({ description: 'Name of the tenant that gets the line. Never taken from the line.' }),
    retention: z.string().min(1).max(100).optional().meta({ description: 'Name of a retention class.' }),
  },
  examples: [
    {
      settings: { retention: 'short', when: { all: [{ field: 'severity', one_of: ['TRACE', 'DEBUG'] }] } },
      before: { body: 'cache hit', severity: 'DEBUG' },
      after: { body: 'cache hit', severity: 'DEBUG' },
    },
  ],
  compile({ tenant: name, retention }, context) {
    if (name === undefined && retention === undefined)
      throw new StageFault('', 'says nowhere to go; expected tenant, retention or both')
    const days =
      retention === undefined ? null : daysOf(retention, context.retentionDays(retention), context.retentionClasses)
    return (record) => {
      if (name !== undefined) {
        const tenant = context.tenant(name)
        if (tenant === null) return `there is no tenant ${JSON.stringify(name)}`
        record.tenant = tenant
      }
      if (days !== null) record.retentionDays = days
      return null
    }
  },
})

function daysOf(name: string, days: number | null, classes: readonly string[]): number {
  if (days !== null) return days
  const meant = nearest(name, classes)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  const known =
    classes.length === 0
      ? 'pipelines.retentionClasses of the configuration has none'
      : `expected one of ${classes.join(', ')}`
  throw new StageFault('retention', `${JSON.stringify(name)} is no retention class: ${known}${hint}`)
}
