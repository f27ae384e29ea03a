import type { Scope } from '../../model/scope.ts'
import type { Field } from './field.ts'
import { all, count, type Fragment, instant, type NsRange, sql, text, textList } from './fragment.ts'
import { resourcesSince } from './span-fields.ts'
import type { AttributeTexts } from './span-row.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** One stored series: its identity as in the samples' tables, and its labels, `__name__` among them. */
export interface SeriesRow {
  /** Hash of the metric name and of all labels, as decimal text. */
  readonly metric: string
  readonly series: string
  readonly labels: AttributeTexts
}

export interface SeriesAnswer {
  readonly series: readonly SeriesRow[]
  /** More series match than were asked for. */
  readonly isTruncated: boolean
}

/** A label as a field of series; an equality is looked up in the index of labels. */
export function labelField(name: string): Field {
  return {
    type: 'text',
    value: sql`labels[${text(name)}]`,
    present: sql`mapContains(labels, ${text(name)})`,
    hint: (value) => sql`has(kv, ${text(`${name}=${value}`)})`,
  }
}

/**
 * The service that a series belongs to: its label `service_name`, else `service`, else `job` without the namespace
 * that OpenTelemetry puts before it (`shop/payment`).
 */
export const serviceOfSeries: Field = {
  type: 'text',
  value: sql`multiIf(labels['service_name'] != '', labels['service_name'], labels['service'] != '', labels['service'],
    arrayElement(splitByChar('/', labels['job']), -1))`,
  present: sql`(mapContains(labels, 'service_name') OR mapContains(labels, 'service') OR mapContains(labels, 'job'))`,
}

/** The same of labels that were read. */
export function seriesServiceOf(labels: AttributeTexts): string {
  return labels.service_name || labels.service || (labels.job?.split('/').at(-1) ?? '')
}

/** Series that had samples on a day of the range. */
export function seenIn(range: NsRange): Fragment {
  return sql`day >= toDate(${instant(range.startNs)}) AND day <= toDate(${instant(range.endNs)})`
}

/** Series whose name fits an RE2 pattern from its start on. */
export const seriesNamed = (pattern: string): Fragment => sql`match(labels['__name__'], ${text(`^${pattern}`)})`

/**
 * Series of some services, by index: OpenTelemetry's `job` is the namespace and the name of a service, and which
 * namespaces a service has is known from its resources.
 */
export async function seriesOfServices(
  reader: TenantReader,
  scope: Scope,
  question: { services: readonly string[]; range: NsRange },
): Promise<Fragment> {
  const { services, range } = question
  const { rows } = await reader.rows<{ service: string; namespace: string }>(
    scope,
    sql`SELECT DISTINCT toString(service) AS service, attrs['service.namespace'] AS namespace FROM ${rowsOf('resources')}
      WHERE service IN (${textList(services)}) AND ${resourcesSince(range.startNs)} AND attrs['service.namespace'] != ''
      LIMIT ${count(1000)}`,
  )
  const jobs = rows.map((row) => `job=${row.namespace}/${row.service}`)
  const names = services.flatMap((service) => [`service_name=${service}`, `service=${service}`, `job=${service}`])
  return sql`hasAny(kv, ${textList([...names, ...jobs])})`
}

export async function selectSeries(
  reader: TenantReader,
  scope: Scope,
  question: { range: NsRange; conditions: readonly Fragment[]; limit: number },
): Promise<SeriesAnswer> {
  const { rows } = await reader.rows<SeriesRow>(
    scope,
    sql`SELECT toString(metric) AS metric, toString(series) AS series, any(labels) AS labels
      FROM ${rowsOf('series')} WHERE ${all([seenIn(question.range), ...question.conditions])}
      GROUP BY metric, series ORDER BY any(labels)['__name__'], series LIMIT ${count(question.limit + 1)}`,
  )
  const series = rows.slice(0, question.limit)
  return { series, isTruncated: rows.length > series.length }
}

/** Distinct values of one label among the series that pass, in order; the metric names with `__name__`. */
export async function labelValues(
  reader: TenantReader,
  scope: Scope,
  question: { label: string; range: NsRange; conditions: readonly Fragment[]; limit: number },
): Promise<readonly string[]> {
  const { rows } = await reader.rows<{ value: string }>(
    scope,
    sql`SELECT DISTINCT labels[${text(question.label)}] AS value FROM ${rowsOf('series')}
      WHERE ${all([seenIn(question.range), sql`mapContains(labels, ${text(question.label)})`, ...question.conditions])}
      ORDER BY value LIMIT ${count(question.limit)}`,
  )
  return rows.map((row) => row.value)
}

/** Names of the labels that the series that pass have, in order. */
export async function labelNames(
  reader: TenantReader,
  scope: Scope,
  question: { range: NsRange; conditions: readonly Fragment[]; limit: number },
): Promise<readonly string[]> {
  const { rows } = await reader.rows<{ name: string }>(
    scope,
    sql`SELECT DISTINCT arrayJoin(mapKeys(labels)) AS name FROM ${rowsOf('series')}
      WHERE ${all([seenIn(question.range), ...question.conditions])} ORDER BY name LIMIT ${count(question.limit)}`,
  )
  return rows.map((row) => row.name)
}

/** Services that sent logs or spans since a time (to the day, with a day to spare), in order. */
export async function knownServices(
  reader: TenantReader,
  scope: Scope,
  question: { sinceNs: bigint; limit: number },
): Promise<readonly string[]> {
  const { rows } = await reader.rows<{ service: string }>(
    scope,
    sql`SELECT DISTINCT toString(service) AS service FROM ${rowsOf('resources')}
      WHERE service != '' AND ${resourcesSince(question.sinceNs)}
      ORDER BY service LIMIT ${count(question.limit)}`,
  )
  return rows.map((row) => row.service)
}
