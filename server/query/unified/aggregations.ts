import type { Aggregate } from '../../store/read/aggregate.ts'
import { badQuestion } from '../faults.ts'
import type { NamedField } from '../fields/named-field.ts'
import type { Aggregation, AggregationFunction, UnifiedAggregation } from './question.ts'

const levels: Partial<Readonly<Record<AggregationFunction, number>>> = {
  percentile_50: 0.5,
  percentile_75: 0.75,
  percentile_90: 0.9,
  percentile_95: 0.95,
  percentile_99: 0.99,
}

export const percentileLevel = (name: AggregationFunction): number | undefined => levels[name]

/** What an aggregation is called in the answer, and in which unit its values are. */
export function describeAggregation(one: Aggregation, unit: string): UnifiedAggregation {
  const field = one.field ?? ''
  const units: Partial<Record<AggregationFunction, string>> = {
    count: 'rows',
    count_distinct: 'values',
    rate: '1/s',
    ...(unit === 'ratio' ? { sum: 'rows' } : {}),
  }
  return {
    name: field === '' ? one.function : `${field}_${one.function}`,
    field,
    function: one.function,
    unit: units[one.function] ?? unit,
  }
}

/** The aggregate over rows of spans or logs. Throws BadQuestion where function and field do not fit. */
export function rowAggregate(one: Aggregation, named: NamedField | null, path: string): Aggregate {
  if (one.function === 'count' || one.function === 'rate')
    return { kind: one.function, ...(named === null ? {} : { field: named.field }) }
  if (named === null) throw badQuestion(`${path}.field`, `${one.function} needs a field`)
  const { form, field } = named
  if (one.function === 'count_distinct') return { kind: 'count_distinct', field }
  const holdsNumbers = form.kind === 'number' || form.kind === 'text'
  if (form.kind === 'flag' && one.function !== 'avg' && one.function !== 'sum')
    throw badQuestion(
      `${path}.function`,
      `${named.name} says of each row whether it failed: expected avg (the share), sum (how many) or count`,
    )
  if (!holdsNumbers && form.kind !== 'flag')
    throw badQuestion(`${path}.function`, `${named.name} holds no numbers: expected count or count_distinct`)
  const level = levels[one.function]
  if (level !== undefined) return { kind: 'percentile', level, field }
  return { kind: one.function as 'avg' | 'sum' | 'min' | 'max', field }
}
