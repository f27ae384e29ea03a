import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MetricBatch } from '../model/batch.ts'
import { isStaleNumber, staleHigh, staleLow } from '../model/metric.ts'
import { createSeriesTables } from '../model/series-interner.ts'
import type { Labels, SeriesTable } from '../model/series-table.ts'
import { DecodeError } from '../model/sink.ts'
import { defaultTenant, systemTenant } from '../model/tenant.ts'
import { defaultMetricLimits, type MetricLimits } from './metric/metric-context.ts'
import { wireEncoder } from './metric/wire-schema.ts'
import { OtlpTranslation, type OtlpTranslationOptions } from './otlp-metrics/otlp-translation.ts'
import { decodeOtlpMetrics } from './otlp-metrics.ts'
import { decodeOtlpMetricsJson } from './otlp-metrics-json.ts'

const seed = 20_261_123
const pointTimes = ['2 start_time_unix_nano fixed64', '3 time_unix_nano fixed64']

const encode = wireEncoder({
  Request: ['1 resource_metrics ResourceMetrics[]'],
  ResourceMetrics: ['1 resource Resource', '2 scope_metrics ScopeMetrics[]', '3 schema_url string'],
  Resource: ['1 attributes KeyValue[]'],
  ScopeMetrics: ['1 scope Scope', '2 metrics Metric[]', '3 schema_url string'],
  Scope: ['1 name string', '2 version string', '3 attributes KeyValue[]'],
  Metric: [
    '1 name string',
    '2 description string',
    '3 unit string',
    '5 gauge Gauge',
    '7 sum Sum',
    '9 histogram Histogram',
    '10 exponential_histogram Exponential',
    '11 summary Summary',
  ],
  Gauge: ['1 data_points NumberPoint[]'],
  Sum: ['1 data_points NumberPoint[]', '2 aggregation_temporality int32', '3 is_monotonic bool'],
  Histogram: ['1 data_points HistogramPoint[]', '2 aggregation_temporality int32'],
  Exponential: ['1 data_points ExponentialPoint[]', '2 aggregation_temporality int32'],
  Summary: ['1 data_points SummaryPoint[]'],
  NumberPoint: [
    ...pointTimes,
    '4 as_double double?',
    '5 exemplars Exemplar[]',
    '6 as_int sfixed64?',
    '7 attributes KeyValue[]',
    '8 flags uint32',
  ],
  HistogramPoint: [
    ...pointTimes,
    '4 count fixed64',
    '5 sum double?',
    '6 bucket_counts fixed64[]',
    '7 explicit_bounds double[]',
    '8 exemplars Exemplar[]',
    '9 attributes KeyValue[]',
    '10 flags uint32',
    '11 min double?',
    '12 max double?',
  ],
  ExponentialPoint: [
    '1 attributes KeyValue[]',
    ...pointTimes,
    '4 count fixed64',
    '5 sum double?',
    '6 scale sint32',
    '7 zero_count fixed64',
    '8 positive Buckets',
    '9 negative Buckets',
    '10 flags uint32',
    '11 exemplars Exemplar[]',
    '14 zero_threshold double',
  ],
  Buckets: ['1 offset sint32', '2 bucket_counts uint64[]'],
  SummaryPoint: [
    ...pointTimes,
    '4 count fixed64',
    '5 sum double',
    '6 quantile_values Quantile[]',
    '7 attributes KeyValue[]',
    '8 flags uint32',
  ],
  Quantile: ['1 quantile double', '2 value double'],
  Exemplar: [
    '2 time_unix_nano fixed64',
    '3 as_double double?',
    '4 span_id bytes',
    '5 trace_id bytes',
    '6 as_int sfixed64?',
    '7 filtered_attributes KeyValue[]',
  ],
  KeyValue: ['1 key string', '2 value AnyValue'],
  AnyValue: [
    '1 string_value string?',
    '2 bool_value bool?',
    '3 int_value int64?',
    '4 double_value double?',
    '5 array_value ArrayValue',
    '6 kvlist_value KvList',
    '7 bytes_value bytes?',
  ],
  ArrayValue: ['1 values AnyValue[]'],
  KvList: ['1 values KeyValue[]'],
})

const atMs = 1_700_000_000_123
const timeUnixNano = 1_700_000_000_123_000_000n
const time = { timeUnixNano }

function attributes(record: Record<string, string>): { key: string; value: { stringValue: string } }[] {
  return Object.entries(record).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}

interface Sent {
  readonly resource?: Record<string, string>
  readonly scope?: Record<string, unknown>
  readonly metrics: readonly Record<string, unknown>[]
}

function requestOf(...blocks: Sent[]): Record<string, unknown> {
  return {
    resourceMetrics: blocks.map(({ resource = {}, scope = {}, metrics }) => ({
      resource: { attributes: attributes(resource) },
      scopeMetrics: [{ scope, metrics }],
    })),
  }
}

let series: SeriesTable
beforeEach(async () => {
  series = (await createSeriesTables()).of(defaultTenant)
})

function decode(
  request: Record<string, unknown>,
  { options = {}, limits = {} }: { options?: Partial<OtlpTranslationOptions>; limits?: Partial<MetricLimits> } = {},
): MetricBatch {
  const translation = new OtlpTranslation(options)
  const context = {
    series,
    receiver: 'otlp_http',
    receivedBytes: 5,
    limits: { ...defaultMetricLimits, ...limits },
    translation,
  }
  const body = encode('Request', request)
  const first = decodeOtlpMetrics(body, context)
  const again = decodeOtlpMetrics(body, context)
  // Whatever is known by then must not change what is read.
  expect(rowsOf(again)).toEqual(rowsOf(first))
  expect(again.histograms).toEqual(first.histograms)
  expect(again.decodeRejections).toEqual(first.decodeRejections)
  return first
}

/** `name{label="value"}` and the value. */
function rowsOf(batch: MetricBatch): [string, number][] {
  return Array.from(batch.ref, (ref, i) => [seriesName(batch.series.labels(ref)), batch.value[i]])
}

function seriesName(labels: Labels): string {
  const name = labels.find(([label]) => label === '__name__')?.[1]
  return `${name}{${labels.filter(([label]) => label !== '__name__').map(([label, value]) => `${label}=${JSON.stringify(value)}`)}}`
}

function isStaleAt(batch: MetricBatch, i: number): boolean {
  const words = new Uint32Array(batch.value.buffer, batch.value.byteOffset, 2 * batch.sampleCount)
  return words[2 * i] === staleLow && words[2 * i + 1] === staleHigh
}

const gauge = (point: Record<string, unknown>): Record<string, unknown> => ({
  name: 'g',
  gauge: { dataPoints: [{ ...time, asDouble: 1, ...point }] },
})

describe('number points', () => {
  it('are gauges, counters and sums', () => {
    const batch = decode(
      requestOf({
        metrics: [
          {
            name: 'temp',
            unit: 'Cel',
            description: 'T.',
            gauge: {
              dataPoints: [
                { ...time, asDouble: 1.5 },
                { ...time, asInt: -3n, attributes: attributes({ 'a.b': 'c' }) },
              ],
            },
          },
          {
            name: 'requests',
            sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...time, asInt: 7n }] },
          },
          { name: 'queue.size', sum: { aggregationTemporality: 2, dataPoints: [{ ...time, asInt: 2n }] } },
        ],
      }),
    )
    expect(rowsOf(batch)).toEqual([
      ['temp_celsius{}', 1.5],
      ['temp_celsius{a_b="c"}', -3],
      ['requests_total{}', 7],
      ['queue_size{}', 2],
    ])
    expect([...batch.timestampMs]).toEqual([atMs, atMs, atMs, atMs])
    expect(batch.isDelta).toBeNull()
    expect(batch.metadata).toEqual([
      { name: 'temp_celsius', type: 'gauge', unit: 'celsius', help: 'T.' },
      { name: 'requests_total', type: 'counter', unit: '', help: '' },
      { name: 'queue_size', type: 'gauge', unit: '', help: '' },
    ])
    expect(batch).toMatchObject({
      signal: 'metrics',
      tenant: defaultTenant,
      receiver: 'otlp_http',
      receivedBytes: 5,
      rowCount: 4,
    })
  })

  it('mark delta temporality sample by sample', () => {
    const point = { ...time, asInt: 2n }
    const batch = decode(
      requestOf({
        metrics: [
          { name: 'a', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] } },
          {
            name: 'b',
            sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [point, { ...time, flags: 1 }] },
          },
        ],
      }),
    )
    expect([...(batch.isDelta ?? [])]).toEqual([0, 1, 0])
  })

  it('become staleness markers where nothing was recorded', () => {
    const batch = decode(
      requestOf({ metrics: [gauge({ asDouble: undefined, flags: 1 }), gauge({ flags: 1 }), gauge({})] }),
    )
    expect([0, 1, 2].map((i) => isStaleAt(batch, i))).toEqual([true, true, false])
  })

  it('keep whole milliseconds exact', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 4_000_000_000_000n), fc.nat(999_999), (milliseconds, rest) => {
        const nanos = milliseconds * 1_000_000n + BigInt(rest)
        const body = encode('Request', requestOf({ metrics: [gauge({ timeUnixNano: nanos })] }))
        expect(decodeOtlpMetrics(body, { series, receiver: '', receivedBytes: 0 }).timestampMs[0]).toBe(
          Number(milliseconds),
        )
      }),
      { seed, numRuns: 200 },
    )
  })

  it('have exemplars with their ids', () => {
    const traceId = Uint8Array.from({ length: 16 }, (_, i) => i + 1)
    const spanId = Uint8Array.from({ length: 8 }, (_, i) => 0xf0 + i)
    const exemplars = [
      { ...time, asDouble: 2.5, traceId, spanId, filteredAttributes: attributes({ k: 'v' }) },
      { ...time, asInt: 3n, traceId: new Uint8Array(16), filteredAttributes: attributes({ k: 'v'.repeat(200) }) },
    ]
    const batch = decode(requestOf({ metrics: [gauge({ exemplars })] }))
    expect(batch.exemplars).toMatchObject([
      {
        ref: batch.ref[0],
        value: 2.5,
        timestampMs: atMs,
        labels: [
          ['trace_id', '0102030405060708090a0b0c0d0e0f10'],
          ['span_id', 'f0f1f2f3f4f5f6f7'],
          ['k', 'v'],
        ],
      },
      { value: 3, labels: [] },
    ])
    expect([...batch.exemplars[0].traceId]).toEqual([...traceId])
    expect([...batch.exemplars[0].spanId]).toEqual([...spanId])
  })
})

describe('labels', () => {
  const resource = {
    'service.name': 'cart',
    'service.namespace': 'shop',
    'service.instance.id': 'i-1',
    'service.version': '2',
    'host.name': 'h',
  }

  it('have job, instance, promoted attributes, and target_info beside them', () => {
    const batch = decode(requestOf({ resource, metrics: [gauge({ attributes: attributes({ x: 'y' }) })] }))
    expect(rowsOf(batch)).toEqual([
      ['g{instance="i-1",job="shop/cart",service_name="cart",service_namespace="shop",service_version="2",x="y"}', 1],
      ['target_info{host_name="h",instance="i-1",job="shop/cart",service_version="2"}', 1],
    ])
    expect(batch.timestampMs[1]).toBe(atMs)
  })

  it('have no target_info without further attributes, or without job and instance, or without points', () => {
    const batch = decode(
      requestOf(
        { resource: { 'service.name': 'cart' }, metrics: [gauge({})] },
        { resource: { 'host.name': 'h' }, metrics: [gauge({})] },
        { resource, metrics: [] },
      ),
    )
    expect(rowsOf(batch).map(([name]) => name)).toEqual(['g{job="cart",service_name="cart"}', 'g{}'])
  })

  it('have the scope, unless told otherwise', () => {
    const scope = { name: 'lib', version: '1', attributes: attributes({ 'a.b': 'c' }) }
    expect(rowsOf(decode(requestOf({ scope, metrics: [gauge({})] })))).toEqual([
      ['g{otel_scope_a_b="c",otel_scope_name="lib",otel_scope_version="1"}', 1],
    ])
    expect(rowsOf(decode(requestOf({ scope, metrics: [gauge({})] }), { options: { promoteScope: false } }))).toEqual([
      ['g{}', 1],
    ])
  })

  it('join the values of keys that become one label; points win over promoted attributes, job over points', () => {
    const point = { attributes: attributes({ a_b: '2', 'a.b': '1', 'service.version': 'mine', job: 'mine' }) }
    const batch = decode(
      requestOf({ resource: { 'service.name': 'cart', 'service.version': '2' }, metrics: [gauge(point)] }),
    )
    expect(rowsOf(batch)[0][0]).toBe('g{a_b="1;2",job="cart",service_name="cart",service_version="mine"}')
  })

  it('have values of any type as text', () => {
    const values = [
      { key: 'b', value: { boolValue: true } },
      { key: 'i', value: { intValue: -5n } },
      { key: 'd', value: { doubleValue: 0.5 } },
      { key: 'a', value: { arrayValue: { values: [{ intValue: 1n }, { stringValue: 'x' }] } } },
      { key: 'n', value: {} },
    ]
    expect(rowsOf(decode(requestOf({ metrics: [gauge({ attributes: values })] })))[0][0]).toBe(
      'g{a="[1,\\"x\\"]",b="true",d="0.5",i="-5"}',
    )
  })

  const strategies: readonly (readonly [OtlpTranslationOptions['strategy'], string])[] = [
    ['UnderscoreEscapingWithSuffixes', 'http_latency_seconds_total{a_b="c"}'],
    ['UnderscoreEscapingWithoutSuffixes', 'http_latency{a_b="c"}'],
    ['NoUTF8EscapingWithSuffixes', 'http.latency_seconds_total{a.b="c"}'],
    ['NoTranslation', 'http.latency{a.b="c"}'],
  ]
  it.each(strategies)('are translated by %s', (strategy, wanted) => {
    const sum = {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ ...time, asInt: 1n, attributes: attributes({ 'a.b': 'c' }) }],
    }
    const batch = decode(requestOf({ metrics: [{ name: 'http.latency', unit: 's', sum }] }), { options: { strategy } })
    expect(rowsOf(batch)).toEqual([[wanted, 1]])
  })

  it('are never mixed up between translations, tenants and resources that share a table or a cache', async () => {
    const request = requestOf(
      { resource: { 'service.name': 'a' }, metrics: [gauge({})] },
      { resource: { 'service.name': 'b' }, metrics: [gauge({})] },
    )
    decode(request)
    expect(rowsOf(decode(request, { options: { promoteResourceAttributes: [] } })).map(([name]) => name)).toEqual([
      'g{job="a"}',
      'g{job="b"}',
    ])
    const other = (await createSeriesTables()).of(systemTenant)
    const translation = new OtlpTranslation()
    const metadata = [series, other, series].map((table) => {
      const context = { series: table, receiver: '', receivedBytes: 0, translation }
      const batch = decodeOtlpMetrics(encode('Request', request), context)
      expect(rowsOf(batch).map(([name]) => name)).toEqual([
        'g{job="a",service_name="a"}',
        'g{job="b",service_name="b"}',
      ])
      return batch.metadata.length
    })
    expect(metadata).toEqual([1, 1, 0])
  })

  it('are found again when the table has forgotten the series', async () => {
    const tables = await createSeriesTables({ idleSweeps: 10 })
    const table = tables.of(defaultTenant)
    const body = encode('Request', requestOf({ metrics: [gauge({})] }))
    const context = { series: table, receiver: '', receivedBytes: 0 }
    decodeOtlpMetrics(body, context)
    for (let i = 0; i < 12; i++) tables.sweep()
    table.intern([['__name__', 'another']])
    expect(rowsOf(decodeOtlpMetrics(body, context))).toEqual([['g{}', 1]])
  })

  it('may stand scattered in a point', () => {
    const pieces = [
      { attributes: attributes({ a: '1' }) },
      { ...time, asDouble: 5 },
      { attributes: attributes({ b: '2' }) },
    ]
    const point = Buffer.concat(pieces.map((piece) => encode('NumberPoint', piece)))
    const wrap = (field: number, inner: Uint8Array): Buffer =>
      Buffer.concat([Buffer.of((field << 3) | 2, inner.length), inner])
    const metric = Buffer.concat([encode('Metric', { name: 'g' }), wrap(5, wrap(1, point))])
    const body = wrap(1, wrap(2, wrap(2, metric)))
    expect(rowsOf(decodeOtlpMetrics(body, { series, receiver: '', receivedBytes: 0 }))).toEqual([['g{a="1",b="2"}', 5]])
  })
})

describe('metadata', () => {
  it('is handed on again when it changes, and every hour of the data', () => {
    const context = { series, receiver: '', receivedBytes: 0, translation: new OtlpTranslation() }
    const announced = (description: string, minutes: number): string[] => {
      const point = { timeUnixNano: timeUnixNano + BigInt(minutes) * 60_000_000_000n }
      const body = encode('Request', requestOf({ metrics: [{ ...gauge(point), description }] }))
      return decodeOtlpMetrics(body, context).metadata.map(({ help }) => help)
    }
    expect(announced('a', 0)).toEqual(['a'])
    expect(announced('a', 59)).toEqual([])
    expect(announced('b', 59)).toEqual(['b'])
    expect(announced('b', 118)).toEqual([])
    expect(announced('b', 119)).toEqual(['b'])
  })
})

describe('histograms', () => {
  const point = {
    ...time,
    count: 6n,
    sum: 12.5,
    bucketCounts: [1n, 2n, 3n],
    explicitBounds: [0.5, 10],
    min: 0.1,
    max: 20,
    attributes: attributes({ a: 'b' }),
  }
  const metric = (more: Record<string, unknown> = {}, aggregationTemporality = 2): Record<string, unknown> => ({
    name: 'latency',
    unit: 's',
    histogram: { aggregationTemporality, dataPoints: [{ ...point, ...more }] },
  })

  it('become cumulative buckets, sum and count, with the extremes beside them', () => {
    const batch = decode(requestOf({ metrics: [metric()] }))
    expect(rowsOf(batch)).toEqual([
      ['latency_seconds_sum{a="b"}', 12.5],
      ['latency_seconds_count{a="b"}', 6],
      ['latency_seconds_bucket{a="b",le="0.5"}', 1],
      ['latency_seconds_bucket{a="b",le="10"}', 3],
      ['latency_seconds_bucket{a="b",le="+Inf"}', 6],
      ['latency_seconds_min{a="b"}', 0.1],
      ['latency_seconds_max{a="b"}', 20],
    ])
    expect(batch.metadata).toEqual([{ name: 'latency_seconds', type: 'histogram', unit: 'seconds', help: '' }])
  })

  it('leave out a sum that was not sent, and keep one that is zero', () => {
    expect(rowsOf(decode(requestOf({ metrics: [metric({ sum: undefined })] })))[0][0]).toMatch(/_count/)
    expect(rowsOf(decode(requestOf({ metrics: [metric({ sum: 0 })] })))[0]).toEqual(['latency_seconds_sum{a="b"}', 0])
  })

  it('need no buckets', () => {
    const batch = decode(
      requestOf({ metrics: [metric({ bucketCounts: [], explicitBounds: [], min: undefined, max: undefined })] }),
    )
    expect(rowsOf(batch).map(([name]) => name)).toEqual([
      'latency_seconds_sum{a="b"}',
      'latency_seconds_count{a="b"}',
      'latency_seconds_bucket{a="b",le="+Inf"}',
    ])
  })

  it('mark delta, and staleness', () => {
    expect([...(decode(requestOf({ metrics: [metric({}, 1)] })).isDelta ?? [])]).toEqual([1, 1, 1, 1, 1, 0, 0])
    const stale = decode(requestOf({ metrics: [metric({ flags: 1 })] }))
    expect(stale.sampleCount).toBe(7)
    for (let i = 0; i < 7; i++) expect(isStaleAt(stale, i)).toBe(true)
  })

  it('keep start times where asked, of all but gauges', () => {
    const options = { startTimes: true }
    const startTimeUnixNano = timeUnixNano - 1_500_000_000n
    const dataPoints = [{ ...time, startTimeUnixNano, asDouble: 1 }]
    const sum = { name: 'sold', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }
    const gauge = { name: 'level', gauge: { dataPoints } }
    const rows = rowsOf(decode(requestOf({ metrics: [metric({ startTimeUnixNano }), sum, gauge] }), { options }))
    expect(rows.filter(([name]) => name.includes('_created'))).toEqual([
      ['latency_seconds_created{a="b"}', (atMs - 1500) / 1000],
      ['sold_created{}', (atMs - 1500) / 1000],
    ])
  })

  it('put exemplars on the bucket of their value', () => {
    const exemplars = [0.5, 0.6, 11].map((asDouble) => ({ ...time, asDouble }))
    const batch = decode(requestOf({ metrics: [metric({ exemplars })] }))
    expect(batch.exemplars.map(({ ref, value }) => [seriesName(series.labels(ref)), value])).toEqual([
      ['latency_seconds_bucket{a="b",le="0.5"}', 0.5],
      ['latency_seconds_bucket{a="b",le="10"}', 0.6],
      ['latency_seconds_bucket{a="b",le="+Inf"}', 11],
    ])
  })

  it('become native ones with custom bounds where asked', () => {
    const options = { nativeCustomBuckets: true }
    const batch = decode(requestOf({ metrics: [metric({ bucketCounts: [0n, 2n, 4n] }, 1)] }), { options })
    expect(rowsOf(batch).map(([name]) => name)).toEqual(['latency_seconds_min{a="b"}', 'latency_seconds_max{a="b"}'])
    expect(batch.histograms).toMatchObject([
      {
        schema: -53,
        count: 6,
        sum: 12.5,
        customBounds: [0.5, 10],
        positiveSpans: [{ offset: 1, length: 2 }],
        positiveCounts: [2, 4],
        isDelta: true,
      },
    ])
    const stale = decode(requestOf({ metrics: [metric({ flags: 1 })] }), { options })
    expect(isStaleNumber(stale.histograms[0].sum)).toBe(true)
  })

  const broken: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['counts and bounds that do not match', { bucketCounts: [1n] }, /1 bucket counts for 2 bounds/],
    ['bounds out of order', { explicitBounds: [2, 1] }, /bound 1 is 1/],
    ['a bound that is NaN', { explicitBounds: [Number.NaN, 1] }, /bound 0 is NaN/],
    ['an infinite bound', { explicitBounds: [1, Number.POSITIVE_INFINITY] }, /Infinity/],
    ['too many bounds', { explicitBounds: Array.from({ length: 10_001 }, (_, i) => i) }, /more than 10000/],
  ]
  it.each(broken)('are rejected, and they alone, with %s', (_name, more, message) => {
    const batch = decode(requestOf({ metrics: [metric(), metric(more)] }))
    expect(batch.sampleCount).toBe(7)
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
    expect(batch.decodeRejections[0].sample).toMatch(message)
    expect(batch.decodeRejections[0].sample).toMatch(
      /^resource_metrics\[0\]\.scope_metrics\[0\]\.metrics\[1\]\.data_points\[0\]/,
    )
  })
})

describe('exponential histograms', () => {
  const metric = (point: Record<string, unknown>, aggregationTemporality = 2): Record<string, unknown> => ({
    name: 'e',
    exponentialHistogram: { aggregationTemporality, dataPoints: [{ ...time, ...point }] },
  })

  it('become native ones, their indexes moved by one', () => {
    const batch = decode(
      requestOf({
        metrics: [
          metric(
            {
              count: 10n,
              sum: 5,
              scale: 3,
              zeroCount: 1n,
              zeroThreshold: 0.25,
              positive: { offset: -2, bucketCounts: [1n, 0n, 2n] },
              negative: { offset: 4, bucketCounts: [6n] },
            },
            1,
          ),
        ],
      }),
    )
    expect(batch.histograms).toEqual([
      {
        ref: expect.any(Number),
        timestampMs: atMs,
        schema: 3,
        zeroThreshold: 0.25,
        zeroCount: 1,
        count: 10,
        sum: 5,
        positiveSpans: [{ offset: -1, length: 3 }],
        positiveCounts: [1, 0, 2],
        negativeSpans: [{ offset: 5, length: 1 }],
        negativeCounts: [6],
        customBounds: [],
        resetHint: 0,
        isFloat: false,
        isDelta: true,
      },
    ])
    expect(batch.rowCount).toBe(1)
  })

  it('leave out empty buckets at the ends and long gaps', () => {
    const bucketCounts = [0n, 1n, 0n, 0n, 2n, 0n, 0n, 0n, 3n, 0n]
    const batch = decode(requestOf({ metrics: [metric({ count: 6n, positive: { offset: 0, bucketCounts } })] }))
    expect(batch.histograms).toMatchObject([
      {
        positiveSpans: [
          { offset: 2, length: 4 },
          { offset: 3, length: 1 },
        ],
        positiveCounts: [1, 0, 0, 2, 3],
        zeroThreshold: 1e-128,
      },
    ])
  })

  it('are merged down to schema 8, every observation in the bucket that holds it', () => {
    const buckets = fc.record({
      offset: fc.integer({ min: -40, max: 40 }),
      counts: fc.array(fc.bigInt(0n, 5n), { maxLength: 30 }),
      scaleDown: fc.nat(4),
    })
    fc.assert(
      fc.property(buckets, ({ offset, counts, scaleDown }) => {
        const count = counts.reduce((sum, one) => sum + one, 0n)
        const body = encode(
          'Request',
          requestOf({ metrics: [metric({ count, scale: 8 + scaleDown, positive: { offset, bucketCounts: counts } })] }),
        )
        const batch = decodeOtlpMetrics(body, { series, receiver: '', receivedBytes: 0 })
        expect(batch.decodeRejections).toEqual([])
        const wanted = new Map<number, number>()
        counts.forEach((one, i) => {
          const index = Math.floor((offset + i) / 2 ** scaleDown) + 1
          if (one > 0n) wanted.set(index, (wanted.get(index) ?? 0) + Number(one))
        })
        const { positiveSpans, positiveCounts, schema } = batch.histograms[0]
        const found = new Map<number, number>()
        let index = 0
        let at = 0
        for (const span of positiveSpans) {
          index += span.offset
          for (let i = 0; i < span.length; i++, index++, at++)
            if (positiveCounts[at] > 0) found.set(index, positiveCounts[at])
        }
        expect(schema).toBe(8)
        expect([...found].sort()).toEqual([...wanted].sort())
      }),
      { seed, numRuns: 200 },
    )
  })

  it('are staleness markers where nothing was recorded', () => {
    const batch = decode(requestOf({ metrics: [metric({ flags: 1 })] }))
    expect(isStaleNumber(batch.histograms[0].sum)).toBe(true)
  })

  it('are rejected where no schema is as coarse, or the count is wrong', () => {
    const batch = decode(requestOf({ metrics: [metric({ scale: -5 }), metric({ count: 3n })] }))
    expect(batch.histograms).toEqual([])
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'unsupported', count: 1 },
      { reason: 'malformed', count: 1 },
    ])
  })
})

describe('summaries', () => {
  it('become quantiles, sum and count', () => {
    const point = {
      ...time,
      count: 3n,
      sum: 1.5,
      quantileValues: [
        { quantile: 0.5, value: 7 },
        { quantile: 1, value: 9 },
      ],
    }
    expect(rowsOf(decode(requestOf({ metrics: [{ name: 's', summary: { dataPoints: [point] } }] })))).toEqual([
      ['s_sum{}', 1.5],
      ['s_count{}', 3],
      ['s{quantile="0.5"}', 7],
      ['s{quantile="1"}', 9],
    ])
  })
})

describe('faults', () => {
  it('cost only the point', async () => {
    const small = (await createSeriesTables({ maxSeries: 1 })).of(defaultTenant)
    series = small
    const dataPoints = [
      { ...time, asInt: 1n },
      { timeUnixNano: 0n, asInt: 1n },
      { ...time },
      { ...time, asInt: 1n, attributes: attributes({ '': 'x' }) },
      { ...time, asInt: 1n, attributes: attributes({ a: 'x'.repeat(5000) }) },
      { ...time, asInt: 1n, attributes: attributes({ new: 'series' }) },
      { ...time, asInt: 2n },
    ]
    const batch = decode(requestOf({ metrics: [{ name: 'g', gauge: { dataPoints } }] }))
    expect(rowsOf(batch)).toEqual([
      ['g{}', 1],
      ['g{}', 2],
    ])
    expect(batch.decodeRejections).toMatchObject([
      {
        reason: 'malformed',
        count: 2,
        sample: expect.stringMatching(/data_points\[1\]: data point has no time_unix_nano/),
      },
      { reason: 'invalid_name', count: 1 },
      { reason: 'label_too_long', count: 1 },
      { reason: 'cardinality_limit', count: 1 },
    ])
  })

  it('of a metric cost its points', () => {
    const dataPoints = [
      { ...time, asInt: 1n },
      { ...time, asInt: 2n },
    ]
    const batch = decode(
      requestOf({
        metrics: [
          { name: 'a', sum: { dataPoints } },
          { name: '...', gauge: { dataPoints } },
          { name: 'b', gauge: { dataPoints } },
          { name: 'empty' },
        ],
      }),
    )
    expect(batch.sampleCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'unsupported', count: 2 },
      { reason: 'invalid_name', count: 2 },
    ])
  })

  it('of a block cost the rest of the block', () => {
    const good = encode('Request', requestOf({ metrics: [gauge({})] }))
    const broken = Buffer.of(0x0a, 4, 0x12, 2, 0x12, 0x50)
    const batch = decodeOtlpMetrics(Buffer.concat([good, broken, good]), { series, receiver: '', receivedBytes: 0 })
    expect(batch.sampleCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'malformed', count: 1, sample: expect.stringMatching(/^resource_metrics\[1\]/) },
    ])
  })

  it('of the frame, and too many rows, are errors', () => {
    const context = { series, receiver: '', receivedBytes: 0 }
    expect(() => decodeOtlpMetrics(Buffer.of(0x0a, 0x7f), context)).toThrow(DecodeError)
    const many = encode(
      'Request',
      requestOf({
        metrics: [{ name: 'g', gauge: { dataPoints: Array.from({ length: 9 }, () => ({ ...time, asInt: 1n })) } }],
      }),
    )
    expect(() => decodeOtlpMetrics(many, { ...context, limits: { ...defaultMetricLimits, maxRows: 8 } })).toThrow(
      DecodeError,
    )
  })

  it('in any bytes are DecodeError or rejections', () => {
    const exemplars = [{ ...time, asDouble: 1, traceId: new Uint8Array(16).fill(1) }]
    const whole = encode(
      'Request',
      requestOf({
        resource: { 'service.name': 'a', x: 'y' },
        scope: { name: 's' },
        metrics: [
          gauge({ attributes: attributes({ a: 'b' }), exemplars }),
          {
            name: 'h',
            histogram: {
              aggregationTemporality: 1,
              dataPoints: [{ ...time, count: 1n, bucketCounts: [1n, 0n], explicitBounds: [1], exemplars }],
            },
          },
          {
            name: 'e',
            exponentialHistogram: {
              aggregationTemporality: 2,
              dataPoints: [{ ...time, count: 1n, scale: 10, positive: { offset: 3, bucketCounts: [1n] } }],
            },
          },
          {
            name: 's',
            summary: { dataPoints: [{ ...time, count: 1n, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
          },
        ],
      }),
    )
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255), cut: fc.nat(whole.length) })
    const read = (bytes: Uint8Array): void => {
      try {
        const batch = decodeOtlpMetrics(bytes, { series, receiver: '', receivedBytes: 0 })
        expect(batch.rowCount).toBe(batch.sampleCount + batch.histograms.length)
        for (const ref of batch.ref) expect(ref).toBeLessThan(series.size)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.uint8Array({ maxLength: 60 }),
        (changes, random) => {
          const changed = whole.slice()
          for (const { at, byte } of changes) changed[at] = byte
          read(changed)
          read(whole.subarray(0, changes[0].cut))
          read(random)
        },
      ),
      { seed, numRuns: 2000 },
    )
  })
})

describe('OTLP/JSON', () => {
  function decodeJson(request: unknown): MetricBatch {
    const text = JSON.stringify(request, (_key, value) => {
      if (typeof value === 'bigint') return String(value)
      if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
    })
    return decodeOtlpMetricsJson(Buffer.from(text), {
      series,
      receiver: '',
      receivedBytes: 0,
      translation: new OtlpTranslation(),
    })
  }

  it('means the same as protobuf', () => {
    const exemplars = [
      {
        ...time,
        asInt: 3n,
        traceId: new Uint8Array(16).fill(7),
        spanId: new Uint8Array(8).fill(9),
        filteredAttributes: attributes({ k: 'v' }),
      },
    ]
    const anyValues = [
      { key: 'b', value: { boolValue: false } },
      { key: 'i', value: { intValue: -5n } },
      { key: 'd', value: { doubleValue: 0.5 } },
      {
        key: 'l',
        value: { arrayValue: { values: [{ intValue: 1n }, { kvlistValue: { values: attributes({ m: 'n' }) } }] } },
      },
    ]
    const request = requestOf({
      resource: { 'service.name': 'a', x: 'y' },
      scope: { name: 's', version: '1' },
      metrics: [
        gauge({ attributes: anyValues, exemplars }),
        gauge({ asDouble: Number.NEGATIVE_INFINITY }),
        {
          name: 'c',
          unit: 'By',
          description: 'C.',
          sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...time, asInt: -(2n ** 62n) }] },
        },
        {
          name: 'h',
          histogram: {
            aggregationTemporality: 2,
            dataPoints: [{ ...time, count: 3n, sum: 0, bucketCounts: [1n, 2n], explicitBounds: [0.5], exemplars }],
          },
        },
        {
          name: 'e',
          exponentialHistogram: {
            aggregationTemporality: 2,
            dataPoints: [
              { ...time, count: 3n, sum: 1, scale: -2, zeroCount: 1n, positive: { offset: -3, bucketCounts: [2n] } },
            ],
          },
        },
        {
          name: 's',
          summary: {
            dataPoints: [{ ...time, count: 1n, sum: 2, quantileValues: [{ quantile: 0.9, value: 3 }], flags: 0 }],
          },
        },
      ],
    })
    const binary = decodeOtlpMetrics(encode('Request', request), {
      series,
      receiver: '',
      receivedBytes: 0,
      translation: new OtlpTranslation(),
    })
    const json = decodeJson(request)
    expect(rowsOf(json)).toEqual(rowsOf(binary))
    expect([...json.timestampMs]).toEqual([...binary.timestampMs])
    expect(json.isDelta).toEqual(binary.isDelta)
    expect(json.histograms).toEqual(binary.histograms)
    expect(json.exemplars).toEqual(binary.exemplars)
    expect(json.metadata).toEqual(binary.metadata)
    expect(json.decodeRejections).toEqual([])
  })

  it('takes numbers for 64-bit integers, names for enums, snake_case, unknown fields', () => {
    const dataPoints = [{ time_unix_nano: Number(timeUnixNano), asInt: 5, startTimeUnixNano: '1', more: {} }]
    const metric = {
      name: 'c',
      sum: { aggregation_temporality: 'AGGREGATION_TEMPORALITY_DELTA', is_monotonic: true, data_points: dataPoints },
    }
    const batch = decodeJson({ resource_metrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })
    expect(rowsOf(batch)).toEqual([['c_total{}', 5]])
    expect(batch.isDelta?.[0]).toBe(1)
  })

  it('rejects a malformed point, metric or block, and it alone', () => {
    const good = { ...time, asInt: 1n }
    const batch = decodeJson({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'g',
                  gauge: { dataPoints: [good, { ...time, asDouble: 'x' }, 7, { ...time, asInt: 2n ** 63n }, good] },
                },
                { name: 5 },
              ],
            },
            'nonsense',
          ],
        },
      ],
    })
    expect(batch.sampleCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([
      {
        reason: 'malformed',
        count: 5,
        sample: expect.stringMatching(/^resourceMetrics\[0\]\.scopeMetrics\[0\]\.metrics\[0\]\.dataPoints\[1\]/),
      },
    ])
  })

  it.each(['', '[]', '7', '{"resourceMetrics": 5}', '{"resourceMetrics": [', `${'['.repeat(300)}${']'.repeat(300)}`])(
    'is an error: %j',
    (text) => {
      const context = { series, receiver: '', receivedBytes: 0 }
      expect(() => decodeOtlpMetricsJson(Buffer.from(text), context)).toThrow(DecodeError)
    },
  )

  it('throws nothing but DecodeError for any JSON', () => {
    const names = [
      'resourceMetrics',
      'scopeMetrics',
      'metrics',
      'gauge',
      'sum',
      'histogram',
      'dataPoints',
      'attributes',
      'value',
      'timeUnixNano',
      'asInt',
      'bucketCounts',
      'arrayValue',
      'values',
    ]
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom<unknown>(null, true, 1, -1.5, 'x', '12', 1e300),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
      ),
    })).value
    fc.assert(
      fc.property(json, (value) => {
        try {
          decodeJson({
            resourceMetrics: [
              { scopeMetrics: [{ metrics: [{ name: 'g', gauge: { dataPoints: [value] } }, value] }, value] },
              value,
            ],
          })
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { seed, numRuns: 1000 },
    )
  })
})
