import type { FilterRequest, QueryAnswer, QueryRequest } from '../../../../contract/index.ts'
import type { Span } from '../../time/range.ts'
import { type Red, timeRangeOf } from '../questions.ts'
import { byShare, type Judged, type Measure } from './endpoint-rows.ts'

type Group = Readonly<Record<string, string>>

/** One kind of what a service asks of others: which spans it is, and what tells them apart. */
export interface CallKind {
  readonly title: string
  /** Head of the column with what was called. */
  readonly head: string
  readonly none: string
  readonly filters: readonly FilterRequest[]
  readonly groupBy: readonly string[]
  /** What was called, and what stands behind it in grey. */
  readonly wordsOf: (group: Group) => readonly [called: string, about: string]
}

export const queries: CallKind = {
  title: 'Queries',
  head: 'Query',
  none: 'It asked no database in this range: no client span of it says db.system.name.',
  filters: [
    { field: 'kind', operator: 'eq', value: 'client' },
    { field: 'db.system.name', operator: 'exists' },
  ],
  groupBy: ['name', 'db.system.name', 'db.namespace'],
  wordsOf: (group) => [group.name, [group['db.system.name'], group['db.namespace']].filter(Boolean).join(', ')],
}

export const callsOut: CallKind = {
  title: 'Calls out',
  head: 'Called',
  none: 'It called no other service in this range: it has no client or producer spans beside those of databases.',
  filters: [
    { field: 'kind', operator: 'in', value: ['client', 'producer'] },
    { field: 'db.system.name', operator: 'not_exists' },
  ],
  groupBy: ['service.peer.name', 'server.address', 'messaging.destination.name', 'name'],
  wordsOf: (group) => [
    group['service.peer.name'] || group['server.address'] || group['messaging.destination.name'] || group.name,
    group.name,
  ],
}

/** Groups of one answer. */
const mostGroups = 200

/** Calls, failures and durations of one kind, by what tells them apart. */
export function callQuestion(
  kind: CallKind,
  { span, filters }: { span: Span; filters: FilterRequest[] },
): QueryRequest {
  return {
    signal: 'traces',
    time_range: timeRangeOf(span),
    filters: [...filters, ...kind.filters],
    aggregations: [
      { field: 'duration', function: 'count' },
      { field: 'error', function: 'avg' },
      { field: 'duration', function: 'percentile_50' },
      { field: 'duration', function: 'percentile_95' },
    ],
    group_by: [...kind.groupBy],
    limit: mostGroups,
  }
}

export interface CallRow extends Judged {
  readonly called: string
  readonly about: string
  /** The fields by which its spans are found again; those that say nothing are left out. */
  readonly group: Group
}

/** Lines of a kind by their share of what is waited longer. `before`: the answer of the other time. */
export function callRows(
  kind: CallKind,
  { now, before, seconds }: { now: QueryAnswer | undefined; before: QueryAnswer | undefined; seconds: number },
): CallRow[] {
  const was = new Map<string, Measure>()
  for (const row of before?.results ?? []) was.set(keyOf(row.group), figuresOf(row, seconds))
  const hasBefore = (before?.results.length ?? 0) > 0
  return byShare(
    (now?.results ?? []).map((row) => {
      const [called, about] = kind.wordsOf(row.group)
      const said = Object.entries(row.group).filter(([, value]) => value !== '')
      const other = hasBefore ? was.get(keyOf(row.group)) : null
      return { line: { called, about, group: Object.fromEntries(said) }, now: figuresOf(row, seconds), other }
    }),
  )
}

function keyOf(group: Group): string {
  return JSON.stringify(group)
}

function figuresOf({ values }: QueryAnswer['results'][number], seconds: number): Red {
  const requests = values.duration_count ?? 0
  const ms = (name: string) => {
    const value = values[name]
    return value === null || value === undefined ? null : value / 1000
  }
  return {
    ...{ requests, rate: requests / seconds, errors: values.error_avg ?? 0 },
    ...{ p50: ms('duration_percentile_50'), p95: ms('duration_percentile_95'), p99: null },
  }
}
