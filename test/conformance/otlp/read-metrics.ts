import type { ColumnStore } from '../../../server/store/engine/column-store.ts'

type Labels = Readonly<Record<string, string>>

interface Sample {
  readonly labels: Labels
  readonly ms: string
  readonly value: number
}

interface NativeHistogram {
  readonly labels: Labels
  readonly ms: string
  readonly schema: number
  readonly zero_threshold: number
  readonly zero_count: number
  readonly count: number
  readonly sum: number
  readonly pos_span_off: readonly number[]
  readonly pos_span_len: readonly number[]
  readonly pos: readonly number[]
}

interface Family {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly help: string
}

const hotSamples = `SELECT series.labels AS labels, toString(toUnixTimestamp64Milli(ts)) AS ms,
    if(point.2 = 127, reinterpretAsFloat64(point.3), point.3 / exp10(-point.2)) AS value
  FROM (SELECT ts, arrayJoin(arrayZip(series, exp, vi)) AS point FROM samples_hot) AS hot
  INNER JOIN series ON series.series = hot.point.1`

const histograms = `SELECT series.labels AS labels, toString(toUnixTimestamp64Milli(histograms.ts)) AS ms,
    histograms.* EXCEPT (tenant, metric, target, series, ts)
  FROM histograms INNER JOIN series ON series.series = histograms.series`

/** The stored series as the `resourceMetrics` of a request; all are of one resource and scope. */
export async function readMetrics(store: ColumnStore): Promise<unknown> {
  const { rows: families } = await store.rows<Family>({ sql: 'SELECT name, type, unit, help FROM metadata' })
  const { rows: samples } = await store.rows<Sample>({ sql: hotSamples })
  const { rows: natives } = await store.rows<NativeHistogram>({ sql: histograms })
  const order = ['counter', 'gauge', 'histogram']
  const isNative = ({ name }: Family) => natives.some(({ labels }) => labels.__name__ === name)
  const sorted = families.toSorted(
    (a, b) => Number(isNative(a)) - Number(isNative(b)) || order.indexOf(a.type) - order.indexOf(b.type),
  )
  const metrics = sorted.map((family) => ({
    name: family.name,
    unit: family.unit,
    description: family.help,
    ...pointsOf(family, { samples, natives }),
  }))
  const { labels } = samples[0]
  const scopeAttribute = 'otel_scope_'
  const attributes = Object.entries(labels)
    .filter(([name]) => name.startsWith(scopeAttribute) && !/^otel_scope_(name|version|schema_url)$/.test(name))
    .map(([name, value]) => keyValue(name.slice(scopeAttribute.length), value))
  const scope = { name: labels.otel_scope_name, version: labels.otel_scope_version, attributes }
  return [{ resource: { attributes: [keyValue('service.name', labels.job)] }, scopeMetrics: [{ scope, metrics }] }]
}

function keyValue(key: string, text: string) {
  return { key, value: { stringValue: text } }
}

function pointsOf(family: Family, stored: { samples: readonly Sample[]; natives: readonly NativeHistogram[] }): object {
  const named = (suffix: string) => stored.samples.filter(({ labels }) => labels.__name__ === family.name + suffix)
  const native = stored.natives.find(({ labels }) => labels.__name__ === family.name)
  const beside = {
    startTimeUnixNano: named('_created').map(({ value }) => `${Math.round(value * 1000)}000000`)[0],
    min: named('_min')[0]?.value,
    max: named('_max')[0]?.value,
  }
  if (native !== undefined) return { exponentialHistogram: { dataPoints: [{ ...exponential(native), ...beside }] } }
  if (family.type === 'histogram') return { histogram: { dataPoints: [{ ...classic(named), ...beside }] } }
  const [sample] = named('')
  const point = { ...headOf(sample), asDouble: sample.value, ...beside }
  return family.type === 'counter'
    ? { sum: { isMonotonic: true, dataPoints: [point] } }
    : { gauge: { dataPoints: [point] } }
}

/** Time and attributes of a point: labels that neither the resource nor the scope nor the bucket gave. */
function headOf({ labels, ms }: Sample | NativeHistogram) {
  const own = Object.entries(labels).filter(
    ([name]) => !/^(__name__|job|instance|le|otel_scope_.*|service\.name)$/.test(name),
  )
  return { timeUnixNano: `${ms}000000`, attributes: own.map(([key, text]) => keyValue(key, text)) }
}

function classic(named: (suffix: string) => readonly Sample[]) {
  const bound = ({ labels }: Sample) => Number(labels.le.replace('+Inf', 'Infinity'))
  const buckets = named('_bucket').toSorted((a, b) => bound(a) - bound(b))
  return {
    ...headOf(buckets[0]),
    count: named('_count')[0]?.value,
    sum: named('_sum')[0]?.value,
    bucketCounts: buckets.map(({ value }, i) => value - (buckets[i - 1]?.value ?? 0)),
    explicitBounds: buckets.map(bound).filter(Number.isFinite),
  }
}

function exponential(row: NativeHistogram) {
  // Prometheus' bucket i is OTLP's bucket i - 1; spans run over gaps.
  const bucketCounts: number[] = []
  const offset = (row.pos_span_off[0] ?? 1) - 1
  let at = 0
  for (const [i, length] of row.pos_span_len.entries()) {
    if (i > 0) for (let gap = 0; gap < row.pos_span_off[i]; gap++) bucketCounts.push(0)
    for (let n = 0; n < length; n++) bucketCounts.push(row.pos[at++])
  }
  return {
    ...headOf(row),
    count: row.count,
    sum: row.sum,
    scale: row.schema,
    zeroCount: row.zero_count,
    // What Prometheus takes where a sender names no width.
    zeroThreshold: row.zero_threshold === 1e-128 ? 0 : row.zero_threshold,
    positive: { offset, bucketCounts },
  }
}
