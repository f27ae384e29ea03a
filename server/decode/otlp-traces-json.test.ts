import { Buffer } from 'node:buffer'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExportTraceServiceRequestSchema } from '../../test/fixtures/otlp/otlp_pb.js'
import { spanRowsOf } from '../model/batch-rows-suite.ts'
import { defaultTenant } from '../model/tenant.ts'
import { damaged, damages, expectRowsOrDecodeError } from './otlp/damage-suite.ts'
import { otlpJson, traceRequests } from './otlp/messages-suite.ts'
import { decodeOtlpTraces } from './otlp-traces.ts'
import { decodeOtlpTracesJson } from './otlp-traces-json.ts'

const context = { tenant: defaultTenant, receiver: 'otlp_http', receivedBytes: 7 }
const seed = 20_261_123

const ids = '"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174"'

function request(...spans: string[]): Buffer {
  return Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${spans.join(',')}]}]}]}`)
}

describe('decodeOtlpTracesJson', () => {
  it('gives the batch that the protobuf form gives', () => {
    fc.assert(
      fc.property(traceRequests, (init) => {
        const message = create(ExportTraceServiceRequestSchema, init)
        const fromJson = decodeOtlpTracesJson(otlpJson(ExportTraceServiceRequestSchema, message), context)
        const fromProtobuf = decodeOtlpTraces(toBinary(ExportTraceServiceRequestSchema, message), context)
        expect(fromJson.decodeRejections).toEqual([])
        expect(spanRowsOf(fromJson)).toEqual(spanRowsOf(fromProtobuf))
      }),
      { seed, numRuns: 200 },
    )
  })

  const cases: readonly [string, string, object][] = [
    ['ids in hex of either case', '', { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' }],
    ['kind by name', ',"kind":"SPAN_KIND_SERVER"', { kind: 2 }],
    ['kind out of range', ',"kind":6', { kind: 0 }],
    ['status by name', ',"status":{"code":"STATUS_CODE_ERROR","message":"m"}', { statusCode: 2, statusMessage: 'm' }],
    ['no status', ',"status":null', { statusCode: 0, statusMessage: '' }],
    ['an empty parent is a root', ',"parentSpanId":""', { parentSpanId: '0'.repeat(16) }],
    ['a parent of zeros is a root', ',"parentSpanId":"0000000000000000"', { parentSpanId: '0'.repeat(16) }],
    [
      'snake_case names',
      ',"parent_span_id":"1111111111111111","start_time_unix_nano":1700000000000000001,"trace_state":"a=b","dropped_links_count":"2"',
      {
        parentSpanId: '1'.repeat(16),
        startUnixNano: 1_700_000_000_000_000_001n,
        traceState: 'a=b',
        droppedLinksCount: 2,
      },
    ],
    [
      'a link without context',
      ',"links":[{"attributes":[{"key":"a","value":{"stringValue":"b"}}]}]',
      { links: [{ traceId: '0'.repeat(32), attributes: [['a', 's', 'b']] }] },
    ],
  ]
  it.each(cases)('%s', (_name, fields, expected) => {
    const batch = decodeOtlpTracesJson(request(`{${ids}${fields}}`), context)
    expect(batch.decodeRejections).toEqual([])
    expect(spanRowsOf(batch)[0]).toMatchObject(expected)
  })

  const bad: readonly [string, string, RegExp][] = [
    ['no trace id', '{"spanId":"eee19b7ec3c1b174"}', /traceId is not an id of 16 bytes in hex, not all zero/],
    [
      'a span id of zeros',
      '{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"0000000000000000"}',
      /spanId is not/,
    ],
    ['an id in base64', '{"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"eee19b7ec3c1b174"}', /traceId is not/],
    ['a parent that is no id', `{${ids},"parentSpanId":"12"}`, /parentSpanId is not an id of 8 bytes/],
    ['an event that is no object', `{${ids},"events":[{"name":"kept?"},1]}`, /events is 1, expected objects/],
    ['an event with a broken time', `{${ids},"events":[{"name":"kept?"},{"timeUnixNano":"x"}]}`, /timeUnixNano is "x"/],
    ['a link with a broken id', `{${ids},"links":[{},{"traceId":"12"}]}`, /traceId is not an id of 16 bytes/],
    ['a status that is a number', `{${ids},"status":2}`, /status is 2, expected an object/],
  ]
  it.each(bad)('rejects a span alone, its events and links too: %s', (_name, span, sample) => {
    const good = `{${ids},"events":[{"name":"e"}],"links":[{"traceState":"l"}]}`
    const batch = decodeOtlpTracesJson(request(good, span, good), context)
    const expected = { events: [{ name: 'e' }], links: [{ traceState: 'l' }] }
    expect(spanRowsOf(batch)).toMatchObject([expected, expected])
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
    expect(batch.decodeRejections[0].sample).toMatch(/^resource_spans\[0\]\.scope_spans\[0\]\.spans\[1\]: /)
    expect(batch.decodeRejections[0].sample).toMatch(sample)
  })

  it('answers damaged text with rows or a DecodeError', () => {
    fc.assert(
      fc.property(traceRequests, damages, (init, list) => {
        const bytes = otlpJson(ExportTraceServiceRequestSchema, create(ExportTraceServiceRequestSchema, init))
        expectRowsOrDecodeError(damaged(bytes, list), (input) => {
          const batch = decodeOtlpTracesJson(input, context)
          return { rows: spanRowsOf(batch), rejections: batch.decodeRejections }
        })
      }),
      { seed, numRuns: 300 },
    )
  })
})
