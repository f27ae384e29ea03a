import { encodeOtlpLogs, encodeOtlpMetrics, encodeOtlpTraces } from './wire-schemas.ts'

const traceId = Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')
const spanId = Buffer.from('b7ad6b7169203331', 'hex')
const timeUnixNano = 1_767_225_600_123_456_789n

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const attributes = [
  text('http.route', '/cart'),
  { key: 'n', value: { intValue: -5n } },
  { key: 'ratio', value: { doubleValue: 0.5 } },
  { key: 'on', value: { boolValue: true } },
  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 1n }] } } },
  { key: 'map', value: { kvlistValue: { values: [text('k', 'v'), { key: 'raw', value: { bytesValue: spanId } }] } } },
  { key: 'nothing', value: {} },
]
const resource = { attributes: [text('service.name', 'shop'), text('host.name', 'node-1')], droppedAttributesCount: 1 }
const scope = { name: 'lib', version: '1.0', attributes: [text('a', 'b')] }

const logRecords = [
  {
    timeUnixNano,
    observedTimeUnixNano: timeUnixNano + 5n,
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: 'order 17 took 5 ms' },
    attributes,
    droppedAttributesCount: 2,
    traceId,
    spanId,
    eventName: 'order',
  },
  { body: { kvlistValue: { values: attributes } } },
]

/** OTLP logs in protobuf. */
export const otlpLogs = () => [
  encodeOtlpLogs('Request', {
    resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords, schemaUrl: 'https://opentelemetry.io/1' }] }],
  }),
  encodeOtlpLogs('Request', { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }, {}] }),
]

const spans = [
  {
    traceId,
    spanId,
    parentSpanId: spanId,
    traceState: 'a=b,c=d',
    name: 'GET /cart',
    kind: 2,
    startTimeUnixNano: timeUnixNano,
    endTimeUnixNano: timeUnixNano + 1_000_000n,
    attributes,
    events: [{ timeUnixNano, name: 'retry', attributes, droppedAttributesCount: 1 }],
    links: [{ traceId, spanId, traceState: 'x=y', attributes }],
    droppedEventsCount: 3,
    status: { message: 'broken', code: 2 },
  },
  { traceId, spanId },
]

/** OTLP spans in protobuf. */
export const otlpTraces = () => [
  encodeOtlpTraces('Request', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }),
]

const pointTimes = { startTimeUnixNano: timeUnixNano - 1_000_000_000n, timeUnixNano }
const exemplars = [{ timeUnixNano, asDouble: 0.25, traceId, spanId, filteredAttributes: [text('user', '1')] }]
const buckets = { offset: -2, bucketCounts: [1n, 0n, 2n] }
const metrics = [
  {
    name: 'queue.length',
    unit: '{item}',
    gauge: { dataPoints: [{ ...pointTimes, asInt: 5n, attributes, exemplars }] },
  },
  {
    name: 'requests',
    description: 'how many',
    sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...pointTimes, asDouble: 1.5, attributes }] },
  },
  { name: 'added', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...pointTimes, asInt: 1n }] } },
  {
    name: 'latency',
    unit: 's',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          ...pointTimes,
          count: 3n,
          sum: 1.5,
          bucketCounts: [1n, 2n, 0n],
          explicitBounds: [0.5, 1],
          exemplars,
          min: 0,
          max: 1,
        },
      ],
    },
  },
  {
    name: 'size',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          ...pointTimes,
          count: 6n,
          sum: 9,
          scale: 3,
          zeroCount: 0n,
          positive: buckets,
          negative: buckets,
          zeroThreshold: 0.001,
        },
      ],
    },
  },
  {
    name: 'wait',
    summary: { dataPoints: [{ ...pointTimes, count: 2n, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
  },
]

/** OTLP metrics in protobuf. */
export const otlpMetrics = () => [
  encodeOtlpMetrics('Request', { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }),
  ...metrics.map((metric) =>
    encodeOtlpMetrics('Request', { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }),
  ),
]

/** The same as OTLP/JSON has it: ids in hex, 64-bit numbers as texts, bytes in base64. */
function json(request: unknown): Uint8Array {
  const replaced = JSON.stringify(request, function (this: Record<string, unknown>, key, value: unknown) {
    const own = this[key]
    if (typeof own === 'bigint') return own.toString()
    if (own instanceof Uint8Array) return Buffer.from(own).toString(key === 'bytesValue' ? 'base64' : 'hex')
    return value
  })
  return Buffer.from(replaced)
}

export const otlpLogsJson = () => [
  json({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }),
  json({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 'SEVERITY_NUMBER_INFO', timeUnixNano: 5 }] }] }],
  }),
]
export const otlpTracesJson = () => [
  json({
    resourceSpans: [
      { resource, scopeSpans: [{ scope, spans: [{ ...spans[0], kind: 'SPAN_KIND_SERVER' }, spans[1]] }] },
    ],
  }),
]
export const otlpMetricsJson = () => [
  json({ resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }),
  ...metrics.map((metric) => json({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })),
]

export const otlpWords = [
  ...['stringValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue', 'boolValue', 'attributes'],
  ...['"NaN"', '"Infinity"', '"-Infinity"', '"1767225600123456789"', 'timeUnixNano', 'traceId', 'SPAN_KIND_SERVER'],
  ...['{"key":"k","value":{"stringValue":"v"}}', '"values":[', '"asInt":"1"', 'service.name', 'target_info'],
]
