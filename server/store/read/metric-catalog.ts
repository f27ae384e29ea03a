import type { Scope } from '../../model/scope.ts'
import { all, count, type Fragment, type NsRange, sql, text, textList } from './fragment.ts'
import { seenIn } from './series.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** One stored name and its series. */
export interface MetricCount {
  readonly name: string
  readonly series: number
  /** The label that tells the service of its series; empty where none does. */
  readonly serviceLabel: string
}

/** Which part of the series is meant. */
export interface SeriesPick {
  readonly range: NsRange
  readonly conditions: readonly Fragment[]
}

/** Names of metrics with the number of their series on the days of the range, by name; at most `limit` and one more. */
export async function countByMetric(
  reader: TenantReader,
  scope: Scope,
  question: SeriesPick & { limit: number },
): Promise<readonly MetricCount[]> {
  const { rows } = await reader.rows<MetricCount>(
    scope,
    sql`SELECT any(labels['__name__']) AS name, toUInt32(uniqExact(series)) AS series,
        any(multiIf(labels['service_name'] != '', 'service_name', labels['service'] != '', 'service',
          labels['job'] != '', 'job', '')) AS serviceLabel
      FROM ${rowsOf('series')} WHERE ${chosen(question)}
      GROUP BY metric ORDER BY name LIMIT ${count(question.limit + 1)}`,
  )
  return rows
}

/** How the series of some metrics differ in one label. */
export interface LabelCount {
  readonly name: string
  readonly valueCount: number
  readonly series: number
  /** Most series first. */
  readonly values: readonly (readonly [value: string, series: number])[]
}

/** Labels of the series of these names, by name; of each at most `mostValues` values. */
export async function countByLabel(
  reader: TenantReader,
  scope: Scope,
  question: SeriesPick & { names: readonly string[]; mostValues: number },
): Promise<{ readonly series: number; readonly labels: readonly LabelCount[] }> {
  const { names, conditions, range } = question
  const pick = chosen({ range, conditions: [namedAs(names), ...conditions] })
  const { rows } = await reader.rows<LabelCount>(
    scope,
    sql`SELECT name, toUInt32(count()) AS valueCount, toUInt32(sum(n)) AS series,
        arraySlice(arraySort(one -> (-toInt64(one.2), one.1), groupArray((value, n))), 1, ${count(question.mostValues)}) AS values
      FROM (
        SELECT name, value, toUInt32(uniqExact(series)) AS n
        FROM (SELECT series, labels FROM ${rowsOf('series')} WHERE ${pick})
        ARRAY JOIN CAST(mapKeys(labels), 'Array(String)') AS name, mapValues(labels) AS value
        GROUP BY name, value
      ) GROUP BY name ORDER BY name`,
  )
  const own = rows.find(({ name }) => name === '__name__')
  return { series: own?.series ?? 0, labels: rows.filter(({ name }) => name !== '__name__') }
}

/** Series that have the label with this value, found by the index of labels. */
export const labelled = (name: string, value: string): Fragment => sql`has(kv, ${text(`${name}=${value}`)})`

const namedAs = (names: readonly string[]): Fragment =>
  sql`hasAny(kv, ${textList(names.map((name) => `__name__=${name}`))})`

const chosen = ({ range, conditions }: SeriesPick): Fragment => all([seenIn(range), ...conditions])
