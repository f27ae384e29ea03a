import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MetricBatch } from '../../model/batch.ts'
import { logRowsOf, spanRowsOf } from '../../model/batch-rows-suite.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import type { SeriesTable } from '../../model/series-table.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { wireEncoder } from '../metric/wire-schema.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { packed } from '../wire/msgpack-writer.ts'
import { decodeDatadogLogs } from './logs.ts'
import { decodeDatadogSeriesJson, decodeDatadogSeriesProtobuf } from './metrics.ts'
import { type DatadogTraceVersion, decodeDatadogTraces } from './traces.ts'

const context = { tenant: defaultTenant, receiver: 'datadog', receivedBytes: 1 }
const start = 1_767_225_600_000_000_001n

interface Span {
  readonly service: string
  readonly name: string
  readonly resource: string
  readonly trace_id: number | bigint
  readonly span_id: number | bigint
  readonly parent_id: number | bigint
  readonly start: bigint
  readonly duration: number
  readonly error: number
  readonly meta: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
  readonly type: string
}
const span: Span = {
  service: 'shop',
  name: 'web.request',
  resource: 'GET /cart',
  trace_id: 0xffff_ffff_ffff_fff1n,
  span_id: 2,
  parent_id: 0,
  start,
  duration: 500,
  error: 0,
  meta: { env: 'prod', 'http.url': '/cart', '_dd.p.tid': '0123456789abcdef', component: 'express' },
  metrics: { _sampling_priority_v1: 1, ratio: 0.5 },
  type: 'web',
}

/** The three forms of the same traces. Source: dd-trace, encode/0.4.js and 0.5.js; Datadog Agent, tracer_payload.proto. */
const forms: Readonly<Record<DatadogTraceVersion, (traces: readonly (readonly Span[])[]) => Buffer>> = {
  '0.4': (traces) => packed(traces),
  '0.5': (traces) => {
    const strings: string[] = ['']
    const word = (text: string) => {
      if (!strings.includes(text)) strings.push(text)
      return strings.indexOf(text)
    }
    const lists = traces.map((trace) =>
      trace.map(({ service, name, resource, meta, metrics, type, ...rest }) => [
        ...[
          word(service),
          word(name),
          word(resource),
          rest.trace_id,
          rest.span_id,
          rest.parent_id,
          rest.start,
          rest.duration,
        ],
        rest.error,
        new Map(Object.entries(meta).map(([key, value]) => [word(key), word(value)])),
        new Map(Object.entries(metrics).map(([key, value]) => [word(key), value])),
        word(type),
      ]),
    )
    return packedWithMaps([strings, lists])
  },
  '0.7': (traces) => packed({ language_name: 'nodejs', chunks: traces.map((spans) => ({ priority: 1, spans })) }),
}

/** Maps whose keys are numbers, which a plain object cannot have. */
function packedWithMaps(value: unknown): Buffer {
  if (value instanceof Map) return Buffer.concat([mapHead(value.size), ...[...value].flat().map(packedWithMaps)])
  if (Array.isArray(value))
    return Buffer.concat([Buffer.from([0xdc, value.length >> 8, value.length & 0xff]), ...value.map(packedWithMaps)])
  return packed(value)
}
const mapHead = (size: number) => Buffer.from([0xde, size >> 8, size & 0xff])

describe.each(['0.4', '0.5', '0.7'] as const)('traces, version %s', (version) => {
  const decode = (...traces: Span[][]) => decodeDatadogTraces(forms[version](traces), version, context)

  it('keep every field', () => {
    const child = { ...span, span_id: 3, parent_id: 2, type: 'sql', error: 1, meta: { 'error.message': 'gone' } }
    const [row, second] = spanRowsOf(decode([span, child]))
    expect(row).toMatchObject({
      traceId: '0123456789abcdeffffffffffffffff1',
      spanId: '0000000000000002',
      parentSpanId: '0000000000000000',
      name: 'GET /cart',
      kind: 2,
      startUnixNano: start,
      endUnixNano: start + 500n,
      statusCode: 0,
      scope: { name: 'express' },
    })
    const resource = Object.fromEntries(row.resource.attributes.map(({ key, value }) => [key, value]))
    expect(resource).toMatchObject({ 'service.name': 'shop', 'deployment.environment.name': 'prod' })
    expect(row.attributes).toEqual([
      ['operation.name', 's', 'web.request'],
      ['span.type', 's', 'web'],
      ['http.url', 's', '/cart'],
      ['component', 's', 'express'],
      ['_sampling_priority_v1', 'i', '1'],
      ['ratio', 'd', '0.5'],
    ])
    expect(second.resource.attributes.map(({ value }) => value)).toContain('prod')
    expect(second).toMatchObject({
      traceId: row.traceId,
      parentSpanId: '0000000000000002',
      kind: 3,
      statusCode: 2,
      statusMessage: 'gone',
    })
  })

  it('take links and events out of meta', () => {
    const meta = {
      events: JSON.stringify([{ name: 'retry', time_unix_nano: 5, attributes: { n: 1 } }]),
      '_dd.span_links': JSON.stringify([
        { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8), attributes: { a: 'b' } },
      ]),
      'span.kind': 'client',
    }
    expect(spanRowsOf(decode([{ ...span, meta }]))).toMatchObject([
      {
        kind: 3,
        events: [{ name: 'retry', timeUnixNano: 5n, attributes: [['n', 'i', '1']] }],
        links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: [['a', 's', 'b']] }],
      },
    ])
  })

  it.each([
    [{ span_id: 0 }, 'zero'],
    [{ trace_id: 0 }, 'zero'],
    [{ duration: -1 }, 'not between'],
  ])('reject %j alone', (wrong, words) => {
    const batch = decode([span], [{ ...span, ...wrong }, span])
    expect(batch.rowCount).toBe(2)
    expect(batch.decodeRejections[0].sample).toMatch(new RegExp(`^traces\\[1\\]\\[0\\]: .*${words}`))
  })

  it('are rows or a DecodeError where they are damaged', () => {
    const bytes = forms[version]([[span, { ...span, span_id: 3 }], [span]])
    fc.assert(
      fc.property(damages, (list) => {
        expectRowsOrDecodeError(damaged(bytes, list), (input) =>
          spanRowsOf(decodeDatadogTraces(input, version, context)),
        )
      }),
      { seed: 68, numRuns: 500 },
    )
  })
})

it('links and events of their own fields are read', () => {
  const entries = {
    span_links: [{ trace_id: 1, trace_id_high: 2, span_id: 3, attributes: { a: 'b' }, tracestate: 'x=y' }],
    span_events: [{ name: 'e', time_unix_nano: 7, attributes: { s: { type: 0, string_value: 't' } } }],
  }
  expect(spanRowsOf(decodeDatadogTraces(packed([[{ ...span, ...entries }]]), '0.4', context))).toMatchObject([
    {
      links: [{ traceId: `${'0'.repeat(15)}2${'0'.repeat(15)}1`, spanId: `${'0'.repeat(15)}3`, traceState: 'x=y' }],
      events: [{ name: 'e', timeUnixNano: 7n, attributes: [['s', 's', 't']] }],
    },
  ])
})

it.each([packed({}), packed(1), packed([1]), Buffer.from([0x93])])('%j is no payload', (bytes) => {
  expect(() => decodeDatadogTraces(bytes, '0.4', context)).toThrow(DecodeError)
})

describe('logs', () => {
  const decode = (value: unknown) => decodeDatadogLogs(Buffer.from(JSON.stringify(value)), context)

  it('keep every field', () => {
    const [row] = logRowsOf(
      decode([
        {
          message: 'hi',
          status: 'warn',
          service: 'shop',
          hostname: 'h',
          ddsource: 'nodejs',
          ddtags: 'env:prod,team:a,team:b,flag',
          timestamp: 1_767_225_600_000,
          dd: { trace_id: '18446744073709551601', span_id: '2' },
          user: { id: 1 },
        },
      ]),
    )
    expect(row).toMatchObject({
      body: 'hi',
      severityText: 'warn',
      timeUnixNano: 1_767_225_600_000_000_000n,
      traceId: '0000000000000000fffffffffffffff1',
      spanId: '0000000000000002',
    })
    expect(row.resource.attributes.map(({ key, value }) => [key, value])).toEqual([
      ['service.name', 'shop'],
      ['host.name', 'h'],
      ['deployment.environment.name', 'prod'],
    ])
    expect(row.attributes).toEqual([
      ['ddsource', 's', 'nodejs'],
      ['user.id', 'i', '1'],
      ['team', 's', 'a,b'],
      ['flag', 's', 'true'],
    ])
  })

  it('may be one, may be without a message, and are rejected alone', () => {
    expect(logRowsOf(decode({ a: 1 }))).toMatchObject([{ body: '{"a":1}' }])
    const batch = decode([{ message: 'a' }, 1, { message: 'b' }])
    expect([batch.rowCount, batch.decodeRejections[0].sample]).toEqual([
      2,
      'logs[1]: is a number, expected an object (at log)',
    ])
    expect(() => decodeDatadogLogs(Buffer.from('['), context)).toThrow(DecodeError)
  })

  it('are rows or a DecodeError where they are damaged', () => {
    const bytes = Buffer.from('[{"message":"a","ddtags":"a:b","dd":{"trace_id":"1"}},{"status":"info"}]')
    fc.assert(
      fc.property(damages, (list) => {
        expectRowsOrDecodeError(damaged(bytes, list), (input) => logRowsOf(decodeDatadogLogs(input, context)))
      }),
      { seed: 69, numRuns: 500 },
    )
  })
})

describe('metrics', () => {
  let series: SeriesTable
  beforeEach(async () => {
    series = (await createSeriesTables()).of(defaultTenant)
  })
  const metricContext = () => ({ series, receiver: 'datadog', receivedBytes: 1 })
  const json = (value: unknown) => decodeDatadogSeriesJson(Buffer.from(JSON.stringify(value)), metricContext())
  const samplesOf = (batch: MetricBatch) =>
    Array.from({ length: batch.sampleCount }, (_, i) => {
      const labels = series.labels(batch.ref[i]).map(([name, value]) => `${name}=${value}`)
      return `${labels} ${batch.value[i]} @${batch.timestampMs[i]}${batch.isDelta?.[i] === 1 ? ' delta' : ''}`
    })
  /** Source: agent-payload, metrics.proto. */
  const encode = wireEncoder({
    MetricPayload: ['1 series Series[]'],
    Series: [
      '1 resources Resource[]',
      '2 metric string',
      '3 tags string[]',
      '4 points Point[]',
      '5 type int32',
      '8 interval int64',
    ],
    Resource: ['1 type string', '2 name string'],
    Point: ['1 value double', '2 timestamp int64'],
  })

  it('of version 1', () => {
    const batch = json({
      series: [
        {
          metric: 'system.cpu-idle',
          points: [[1_767_225_600, 1.5]],
          type: 'gauge',
          host: 'h',
          tags: ['env:prod', 'flag', 'a:1', 'a:2'],
        },
        {
          metric: 'hits',
          points: [
            [1_767_225_600, 3],
            [1_767_225_610, 4],
          ],
          type: 'count',
          interval: 10,
        },
      ],
    })
    expect(samplesOf(batch)).toEqual([
      '__name__=system_cpu_idle,a=1,2,env=prod,flag=true,host=h 1.5 @1767225600000',
      '__name__=hits 3 @1767225600000 delta',
      '__name__=hits 4 @1767225610000 delta',
    ])
  })

  it('of version 2, in JSON and protobuf', () => {
    const one = { metric: 'hits', type: 1, tags: ['env:prod'], resources: [{ type: 'host', name: 'h' }] }
    const wanted = ['__name__=hits,env=prod,host=h 3 @1767225600000 delta']
    expect(samplesOf(json({ series: [{ ...one, points: [{ timestamp: 1_767_225_600, value: 3 }] }] }))).toEqual(wanted)
    const bytes = encode('MetricPayload', { series: [{ ...one, points: [{ timestamp: 1_767_225_600n, value: 3 }] }] })
    expect(samplesOf(decodeDatadogSeriesProtobuf(bytes, metricContext()))).toEqual(wanted)
  })

  it('may be integers of any size', () => {
    const text = '{"series":[{"metric":"a","points":[[1,18446744073709551615],[2,-9007199254740993],[3,1e300]]}]}'
    const samples = samplesOf(decodeDatadogSeriesJson(Buffer.from(text), metricContext()))
    expect(samples).toEqual([
      `__name__=a ${2 ** 64} @1000`,
      `__name__=a ${-(2 ** 53)} @2000`,
      '__name__=a 1e+300 @3000',
    ])
  })

  it('are rejected series by series', () => {
    const good = { metric: 'a', points: [[1, 1]] }
    const batch = json({
      series: [
        good,
        1,
        { metric: 'b' },
        {
          metric: 'c',
          points: [
            [1, 2],
            ['x', 1],
          ],
        },
        { metric: '', points: [] },
        { metric: 'd', points: [[1e306, 1]] },
        good,
      ],
    })
    expect(samplesOf(batch)).toEqual(['__name__=a 1 @1000', '__name__=a 1 @1000'])
    expect(batch.decodeRejections[0].sample).toMatch(/^series\[1\]: is a number/)
    expect(() => json({})).toThrow(DecodeError)
  })

  it('are samples or a DecodeError where they are damaged', () => {
    const text = Buffer.from(
      '{"series":[{"metric":"a","points":[[1,2]],"tags":["a:b"]},{"metric":"b","points":[{"timestamp":1,"value":2}]}]}',
    )
    const points = [{ value: 1, timestamp: 1n }]
    const bytes = Buffer.from(
      encode('MetricPayload', {
        series: [
          { metric: 'a', tags: ['a:b'], points },
          { metric: 'b', points },
        ],
      }),
    )
    fc.assert(
      fc.property(damages, fc.boolean(), (list, isJson) => {
        const decode = isJson ? decodeDatadogSeriesJson : decodeDatadogSeriesProtobuf
        expectRowsOrDecodeError(damaged(isJson ? text : bytes, list), (input) => {
          const batch = decode(input, metricContext())
          return [samplesOf(batch), batch.decodeRejections]
        })
      }),
      { seed: 70, numRuns: 500 },
    )
  })

  it('are the same whether they are read where they stand or as JSON', () => {
    const number = fc.oneof(fc.constantFrom(0, -0, 1e21, 0.1, -1.5, 2 ** 53), fc.double({ noNaN: true }))
    const point = fc.oneof(
      fc.tuple(number, number),
      fc.record({ timestamp: fc.nat(2 ** 31), value: number }),
      fc.constantFrom({ value: 1, timestamp: 1 }, [1], 'x'),
    )
    const oneSeries = fc.record(
      {
        metric: fc.constantFrom('a', 'b.c', ''),
        type: fc.constantFrom(0, 1, 3, 'count', 'gauge', 'x'),
        points: fc.array(point, { maxLength: 3 }),
        tags: fc.constantFrom([], ['a:b'], ['a:b', 'c', 7], 'none'),
        host: fc.constantFrom('h', 'ä', ''),
      },
      { requiredKeys: ['metric', 'points'] },
    )
    fc.assert(
      fc.property(fc.array(oneSeries, { maxLength: 6 }), fc.boolean(), (given, hasBlanks) => {
        const written = JSON.stringify({ series: [...given, ...given] }, null, hasBlanks ? 1 : 0)
        // A key with an escape is read as JSON only.
        const [bytes, parsed] = [written, written.replaceAll('"points"', '"po\\u0069nts"')].map((one) =>
          decodeDatadogSeriesJson(Buffer.from(one), metricContext()),
        )
        expect(samplesOf(bytes)).toEqual(samplesOf(parsed))
        expect(bytes.isDelta).toEqual(parsed.isDelta)
        expect(bytes.decodeRejections).toEqual(parsed.decodeRejections)
      }),
      { seed: 72, numRuns: 2_000 },
    )
  })
})

describe('traces', () => {
  it('are the same whether they are read where they stand or as a whole', () => {
    const id = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0, 1, -1, 255, 65_536))
    const text = fc.constantFrom('', 'a', 'web', 'ä', 'client', '0123456789abcdef', 'x'.repeat(40))
    const key = fc.constantFrom('env', 'version', '_dd.p.tid', 'span.kind', 'error.message', 'component', 'k', 'events')
    const anySpan = fc.record(
      {
        ...{ service: text, name: text, resource: text, type: text },
        ...{ trace_id: id, span_id: id, parent_id: id },
        start: fc.oneof(fc.constantFrom(start, 2n ** 64n - 1n, -1), fc.bigInt({ min: 0n, max: 2n ** 63n })),
        duration: fc.constantFrom(0, 500, 2 ** 40, -3, 2n ** 63n),
        error: fc.constantFrom(0, 1),
        meta: fc.dictionary(key, text, { noNullPrototype: true }),
        metrics: fc.dictionary(key, fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 2 ** 40)), {
          noNullPrototype: true,
        }),
      },
      { requiredKeys: ['trace_id', 'span_id'] },
    )
    fc.assert(
      fc.property(fc.array(fc.array(anySpan, { maxLength: 4 }), { maxLength: 3 }), (traces) => {
        // A span with a field that is not known is read as a whole only.
        const marked = traces.map((spans) => spans.map((one) => ({ ...one, unknown: 1 })))
        const [bytes, whole] = [traces, marked].map((one) => decodeDatadogTraces(packed(one), '0.4', context))
        expect(spanRowsOf(bytes)).toEqual(spanRowsOf(whole))
        expect(bytes.decodeRejections).toEqual(whole.decodeRejections)
      }),
      { seed: 73, numRuns: 2_000 },
    )
  })
})
