import type { Scope } from '../../model/scope.ts'
import { conditionOf } from '../../store/read/field.ts'
import type { Fragment } from '../../store/read/fragment.ts'
import { aggregateSamples, type SampleAggregate, seriesFigures } from '../../store/read/samples.ts'
import { type SeriesRow, selectSeries, seriesServiceOf } from '../../store/read/series.ts'
import { badQuestion, TooMuchAsked } from '../faults.ts'
import { type Filter, filterCondition } from '../fields/filters.ts'
import { metricFieldNamed, metricNameNames, metricServiceNames, metricValueName } from '../fields/metric-names.ts'
import type { QueryContext } from '../query-context.ts'
import { describeAggregation, percentileLevel } from './aggregations.ts'
import type { Aggregation, SettledQuestion, UnifiedAnswer } from './question.ts'

/** Most series that one question may read. */
const maxSeries = 10_000

/** Asks samples of metrics. */
export async function askMetrics(
  context: QueryContext,
  scope: Scope,
  question: SettledQuestion,
): Promise<UnifiedAnswer> {
  const conditions = seriesConditions(question)
  const aggregates = question.aggregations.map(sampleAggregate)
  const found = await selectSeries(context.reader, scope, { range: question.range, conditions, limit: maxSeries })
  if (found.isTruncated)
    throw new TooMuchAsked(`More than ${maxSeries} series match; name a metric or add filters on labels.`)
  const { series } = found
  const common = { signal: 'metrics', range: question.range } as const
  if (aggregates.length === 0) return { ...common, ...(await newest(context, scope, { question, series })) }

  const { limit, rangeSeconds, stepSeconds } = question
  const groups = groupSeries(series, question.groupBy)
  const answer = await aggregateSamples(context.reader, scope, {
    ...{ series, groupOf: groups.groupOf, range: question.range, rangeSeconds, aggregates, limit: limit + 1 },
    ...(stepSeconds === undefined ? {} : { stepSeconds }),
  })
  const aggregations = question.aggregations.map((one) => describeAggregation(one, ''))
  const shown = answer.rows.slice(0, limit)
  return {
    ...common,
    aggregations,
    rows: shown.map((row) => ({
      ...(row.stepStart === undefined ? {} : { stepStart: row.stepStart }),
      group: groups.labels[Number(row.groups[0])],
      values: Object.fromEntries(aggregations.map((one, i) => [one.name, row.values[i]])),
      count: row.matched,
    })),
    matched: shown.reduce((sum, row) => sum + row.matched, 0),
    isTruncated: answer.rows.length > limit,
  }
}

function seriesConditions(question: SettledQuestion): Fragment[] {
  const conditions = question.filters.map((filter, i) => seriesCondition(filter, `filters[${i}]`))
  if (question.metrics !== undefined)
    conditions.push(conditionOf(metricFieldNamed('metric').field, { operator: 'in', texts: question.metrics }))
  const namesSeries = question.metrics !== undefined || question.filters.some((filter) => isSelective(filter))
  if (!namesSeries) throw badQuestion('filters', 'expected a filter on `metric` or `service_name`, or `metrics`')
  return conditions
}

function seriesCondition(filter: Filter, path: string): Fragment {
  if (filter.field === metricValueName)
    throw badQuestion(`${path}.field`, 'values of samples cannot be filtered; filter by metric and labels')
  return filterCondition(metricFieldNamed(filter.field), filter, path)
}

/** The filter narrows the series to those of a metric or of a service. */
function isSelective(filter: Filter): boolean {
  return metricNameNames.includes(filter.field) || metricServiceNames.includes(filter.field)
}

function sampleAggregate(one: Aggregation, i: number): SampleAggregate {
  const path = `aggregations[${i}]`
  if (one.field !== undefined && one.field !== metricValueName)
    throw badQuestion(`${path}.field`, `expected "value": of a sample only its value can be aggregated`)
  const level = percentileLevel(one.function)
  if (level !== undefined) return { kind: 'percentile', level }
  return { kind: one.function as Exclude<SampleAggregate['kind'], 'percentile'> }
}

function groupSeries(
  series: readonly SeriesRow[],
  groupBy: readonly string[],
): { groupOf: number[]; labels: Readonly<Record<string, string>>[] } {
  const numbers = new Map<string, number>()
  const labels: Readonly<Record<string, string>>[] = []
  const groupOf = series.map((one) => {
    const values = groupBy.map((name) => labelText(one, name))
    const key = JSON.stringify(values)
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, labels.length)
    labels.push(Object.fromEntries(groupBy.map((name, i) => [name, values[i]])))
    return labels.length - 1
  })
  return { groupOf, labels }
}

function labelText(series: SeriesRow, name: string): string {
  if (metricServiceNames.includes(name)) return seriesServiceOf(series.labels)
  if (metricNameNames.includes(name)) return series.labels.__name__ ?? ''
  return series.labels[name.replace(/^(labels|resource|attributes)\./, '').replaceAll('.', '_')] ?? ''
}

async function newest(
  context: QueryContext,
  scope: Scope,
  parts: { question: SettledQuestion; series: readonly SeriesRow[] },
): Promise<Omit<UnifiedAnswer, 'signal' | 'range'>> {
  const { question, series } = parts
  const figures = await seriesFigures(context.reader, scope, { series, range: question.range })
  const labels = new Map(series.map((one) => [one.series, one.labels]))
  const samples = figures
    .map((one) => {
      const { __name__: metric = '', ...others } = labels.get(one.series) ?? {}
      return { metric, labels: others, timestampMs: one.lastMs, value: one.last }
    })
    .sort((a, b) => a.metric.localeCompare(b.metric) || b.timestampMs - a.timestampMs)
  const { limit } = question
  return {
    samples: samples.slice(0, limit),
    aggregations: [],
    rows: [],
    matched: samples.length,
    isTruncated: samples.length > limit,
  }
}
