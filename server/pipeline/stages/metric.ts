import { z } from 'zod'
import { pipelineBounds } from '../record/bounds.ts'
import { fieldNameSchema } from '../record/condition.ts'
import { recordField } from '../record/record-field.ts'
import { StageFault } from '../record/stage-fault.ts'
import { defineStage } from './stage.ts'

/** Names that no label of a user may have. */
const takenLabels = new Set(['le', 'overflow', '__name__'])

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const metric = defineStage({
  name: 'metric',
  summary:
    'Makes a metric of lines: a counter of lines or of a field, a gauge or a histogram of a field. Fails where the field is not a number.',
  settings: {
    name: z
      .string()
      .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,127}$/)
      .meta({ description: "Name of the metric; a counter's gets `_total` at its end." }),
    kind: z.enum(['counter', 'gauge', 'histogram']),
    value: fieldNameSchema
      .optional()
      .meta({ description: 'The field that is added up or shown. A counter without one counts lines.' }),
    help: z.string().max(pipelineBounds.textLength).default(''),
    labels: z
      .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/), fieldNameSchema)
      .default({})
      .meta({
        description: `From a label to the field that has its value, at most ${pipelineBounds.metricLabels}. At most ${pipelineBounds.seriesPerMetric} series; the rest is counted together under overflow="true".`,
      }),
    buckets: z
      .array(z.number())
      .min(1)
      .max(pipelineBounds.histogramBuckets)
      .default(defaultBuckets)
      .meta({ description: "Upper bounds of a histogram's buckets, ascending." }),
  },
  examples: [
    {
      settings: {
        name: 'checkout_seconds',
        kind: 'histogram',
        value: 'took',
        labels: { service: 'service.name', outcome: 'outcome' },
      },
      before: { body: 'checkout', attributes: { took: '0.2', outcome: 'paid' } },
      after: { body: 'checkout', attributes: { took: '0.2', outcome: 'paid' } },
    },
  ],
  compile(settings, context) {
    const { kind, help, buckets } = settings
    const labels = Object.entries(settings.labels)
    if (labels.length > pipelineBounds.metricLabels)
      throw new StageFault('labels', `names ${labels.length} labels; expected at most ${pipelineBounds.metricLabels}`)
    for (const [label] of labels)
      if (takenLabels.has(label)) throw new StageFault(`labels.${label}`, 'this name is taken; expected another')
    for (let i = 1; i < buckets.length; i++)
      if (!(buckets[i] > buckets[i - 1])) throw new StageFault(`buckets[${i}]`, 'expected a bound above the one before')
    if (settings.value === undefined && kind !== 'counter')
      throw new StageFault('value', `a ${kind} needs a field; expected its name`)
    const name = kind === 'counter' ? `${settings.name.replace(/_total$/, '')}_total` : settings.name
    const made = context.metric({
      ...{ name, kind, help, labels: labels.map(([label]) => label) },
      buckets: kind === 'histogram' ? buckets : [],
    })
    const fields = labels.map(([, field]) => recordField(field))
    const field = settings.value === undefined ? null : recordField(settings.value)
    return (record) => {
      const value = field === null ? 1 : numberOf(record.text(field))
      if (Number.isNaN(value)) return `${settings.value} is not a number`
      if (kind === 'counter' && value < 0) return `${settings.value} is ${value}; a counter never falls`
      const series = made.seriesOf(fields.map((one) => record.text(one) ?? ''))
      record.observations.add(made, series, value)
      return null
    }
  },
})

function numberOf(text: string | null): number {
  if (text === null || text.trim() === '') return Number.NaN
  const value = Number(text)
  return Number.isFinite(value) ? value : Number.NaN
}
