import { Buffer } from 'node:buffer'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExportTraceServiceRequestSchema, SpanSchema } from '../../test/fixtures/otlp/otlp_pb.js'
import { spanRowsOf } from '../model/batch-rows-suite.ts'
import { DecodeError } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { damaged, damages, expectRowsOrDecodeError } from './otlp/damage-suite.ts'
import { expectedSpanRows, traceRequests } from './otlp/messages-suite.ts'
import { decodeOtlpTraces } from './otlp-traces.ts'
import { ProtobufWriter } from './wire/protobuf-writer.ts'

const context = { tenant: defaultTenant, receiver: 'otlp_grpc', receivedBytes: 7 }
const seed = 20_261_123

type SpanInit = MessageInitShape<typeof SpanSchema>

const ids = { traceId: new Uint8Array(16).fill(0xab), spanId: new Uint8Array(8).fill(0xcd) }
const span = (init: SpanInit) => toBinary(SpanSchema, create(SpanSchema, { ...ids, ...init }))
const text = (key: string, value: string) => ({ key, value: { value: { case: 'stringValue' as const, value } } })
const good = span({ name: 'good', events: [{ name: 'e' }], links: [{ traceState: 'l' }] })

function request(...spans: Uint8Array[]): Uint8Array {
  const scopeSpans = new ProtobufWriter()
  for (const bytes of spans) scopeSpans.bytes(2, bytes)
  return new ProtobufWriter().bytes(1, new ProtobufWriter().bytes(2, scopeSpans.finish()).finish()).finish()
}

describe('decodeOtlpTraces', () => {
  it('reads back every field', () => {
    const message = create(ExportTraceServiceRequestSchema, {
      resourceSpans: [
        {
          resource: { attributes: [text('service.name', 'checkout')], droppedAttributesCount: 1 },
          schemaUrl: 'resource-url',
          scopeSpans: [
            {
              scope: { name: 'http', version: '2', attributes: [text('k', 'v')], droppedAttributesCount: 2 },
              schemaUrl: 'scope-url',
              spans: [
                {
                  ...ids,
                  parentSpanId: new Uint8Array(8).fill(0xef),
                  traceState: 'vendor=1',
                  flags: 0x00000301,
                  name: 'POST /pay',
                  kind: 3,
                  startTimeUnixNano: 1_700_000_000_000_000_001n,
                  endTimeUnixNano: 1_700_000_000_000_000_999n,
                  attributes: [text('http.route', '/pay')],
                  droppedAttributesCount: 3,
                  droppedEventsCount: 4,
                  droppedLinksCount: 5,
                  status: { code: 2, message: 'timed out' },
                  events: [
                    {
                      timeUnixNano: 5n,
                      name: 'retry',
                      attributes: [text('attempt', 'one')],
                      droppedAttributesCount: 6,
                    },
                    { timeUnixNano: 6n, name: 'exception' },
                  ],
                  links: [
                    {
                      traceId: new Uint8Array(16).fill(1),
                      spanId: new Uint8Array(8).fill(2),
                      traceState: 'w=2',
                      attributes: [text('kind', 'batch')],
                      droppedAttributesCount: 7,
                      flags: 0x100,
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    })
    const batch = decodeOtlpTraces(toBinary(ExportTraceServiceRequestSchema, message), context)
    expect(batch).toMatchObject({ signal: 'traces', tenant: 1, receiver: 'otlp_grpc', receivedBytes: 7, rowCount: 1 })
    expect(spanRowsOf(batch)).toEqual([
      {
        resource: {
          attributes: [{ key: 'service.name', type: 's', value: 'checkout' }],
          droppedAttributesCount: 1,
          schemaUrl: 'resource-url',
        },
        scope: {
          name: 'http',
          version: '2',
          attributes: [{ key: 'k', type: 's', value: 'v' }],
          droppedAttributesCount: 2,
          schemaUrl: 'scope-url',
        },
        traceId: 'ab'.repeat(16),
        spanId: 'cd'.repeat(8),
        parentSpanId: 'ef'.repeat(8),
        traceState: 'vendor=1',
        flags: 0x301,
        name: 'POST /pay',
        kind: 3,
        startUnixNano: 1_700_000_000_000_000_001n,
        endUnixNano: 1_700_000_000_000_000_999n,
        statusCode: 2,
        statusMessage: 'timed out',
        attributes: [['http.route', 's', '/pay']],
        droppedAttributesCount: 3,
        droppedEventsCount: 4,
        droppedLinksCount: 5,
        events: [
          { timeUnixNano: 5n, name: 'retry', attributes: [['attempt', 's', 'one']], droppedAttributesCount: 6 },
          { timeUnixNano: 6n, name: 'exception', attributes: [], droppedAttributesCount: 0 },
        ],
        links: [
          {
            traceId: '01'.repeat(16),
            spanId: '02'.repeat(8),
            traceState: 'w=2',
            flags: 0x100,
            attributes: [['kind', 's', 'batch']],
            droppedAttributesCount: 7,
          },
        ],
      },
    ])
  })

  it('reads back what protobuf-es wrote', () => {
    fc.assert(
      fc.property(traceRequests, (init) => {
        const message = create(ExportTraceServiceRequestSchema, init)
        const batch = decodeOtlpTraces(toBinary(ExportTraceServiceRequestSchema, message), context)
        expect(batch.decodeRejections).toEqual([])
        expect(spanRowsOf(batch)).toEqual(expectedSpanRows(message))
      }),
      { seed, numRuns: 200 },
    )
  })

  const odd: readonly [string, SpanInit, object][] = [
    ['no parent is a root', {}, { parentSpanId: '0'.repeat(16) }],
    ['a parent of zeros is a root', { parentSpanId: new Uint8Array(8) }, { parentSpanId: '0'.repeat(16) }],
    ['a kind of 6 becomes 0', { kind: 6 }, { kind: 0 }],
    ['a status code of 3 becomes 0', { status: { code: 3, message: 'm' } }, { statusCode: 0, statusMessage: 'm' }],
    [
      'a link without context is kept',
      { links: [{ attributes: [text('a', 'b')] }] },
      { links: [{ traceId: '0'.repeat(32) }] },
    ],
  ]
  it.each(odd)('%s', (_name, init, expected) => {
    const batch = decodeOtlpTraces(request(span(init)), context)
    expect(batch.decodeRejections).toEqual([])
    expect(spanRowsOf(batch)[0]).toMatchObject(expected)
  })

  const event = (...attributes: ReturnType<typeof text>[]) => ({ events: [{ name: 'kept?' }, { attributes }] })
  const bad: readonly [string, Uint8Array, string, RegExp][] = [
    ['no trace id', span({ traceId: new Uint8Array() }), 'malformed', /trace id has 0 bytes, expected 16/],
    ['a trace id of zeros', span({ traceId: new Uint8Array(16) }), 'malformed', /trace id is all zero/],
    ['a trace id of 8 bytes', span({ traceId: new Uint8Array(8).fill(1) }), 'malformed', /trace id has 8 bytes/],
    ['no span id', span({ spanId: new Uint8Array() }), 'malformed', /span id has 0 bytes, expected 8/],
    ['a span id of zeros', span({ spanId: new Uint8Array(8) }), 'malformed', /span id is all zero/],
    ['a parent id of 7 bytes', span({ parentSpanId: new Uint8Array(7) }), 'malformed', /parent span id has 7 bytes/],
    [
      'a link with a trace id of 5 bytes',
      span({ links: [{}, { traceId: new Uint8Array(5) }] }),
      'malformed',
      /trace id of a link has 5/,
    ],
    [
      'a link with a span id of 5 bytes',
      span({ links: [{ spanId: new Uint8Array(5) }] }),
      'malformed',
      /span id of a link has 5/,
    ],
    [
      'an event that is cut off',
      Buffer.concat([good, Buffer.from('5a020901', 'hex')]),
      'malformed',
      /8-byte number is cut off/,
    ],
    ['a status that is cut off', Buffer.concat([good, Buffer.from('7a021205', 'hex')]), 'malformed', /past the end/],
    ['a long name', span({ name: 'n'.repeat(33) }), 'attribute_too_long', /span name has 33 bytes, at most 32/],
    ['a long event name', span({ events: [{ name: 'n'.repeat(33) }] }), 'attribute_too_long', /event name/],
    ['a long trace state', span({ traceState: 'n'.repeat(33) }), 'attribute_too_long', /trace state/],
    ['a long status message', span({ status: { message: 'n'.repeat(33) } }), 'attribute_too_long', /status message/],
    ['a long value in an event', span(event(text('a', 'x'.repeat(33)))), 'attribute_too_long', /33 bytes/],
    [
      'too many attributes in an event',
      span(event(text('a', ''), text('b', ''), text('c', ''))),
      'too_many_attributes',
      /more than 2/,
    ],
    [
      'too many attributes in a link',
      span({ links: [{ attributes: ['a', 'b', 'c'].map((k) => text(k, '')) }] }),
      'too_many_attributes',
      /more than 2/,
    ],
  ]
  const limits = { maxAttributes: 2, maxAttributeKeyBytes: 16, maxAttributeValueBytes: 32, maxBodyBytes: 64 }
  it.each(bad)('rejects a span alone, its events and links too: %s', (_name, bytes, reason, sample) => {
    const batch = decodeOtlpTraces(request(good, bytes, good), { ...context, limits })
    const expected = { name: 'good', events: [{ name: 'e' }], links: [{ traceState: 'l' }] }
    expect(spanRowsOf(batch)).toMatchObject([expected, expected])
    expect(batch.decodeRejections).toMatchObject([{ reason, count: 1 }])
    expect(batch.decodeRejections[0].sample).toMatch(/^resource_spans\[0\]\.scope_spans\[0\]\.spans\[1\]: /)
    expect(batch.decodeRejections[0].sample).toMatch(sample)
  })

  it('refuses more spans, events and links than memory is meant for', () => {
    const events = Buffer.concat(Array.from({ length: 1_048_577 }, () => Buffer.from([0x5a, 0x00])))
    expect(() => decodeOtlpTraces(request(Buffer.concat([good, events]), good), context)).toThrow(DecodeError)
  })

  it('answers damaged bytes with rows or a DecodeError, and reads nothing behind the end', () => {
    fc.assert(
      fc.property(traceRequests, damages, (init, list) => {
        const bytes = toBinary(ExportTraceServiceRequestSchema, create(ExportTraceServiceRequestSchema, init))
        expectRowsOrDecodeError(damaged(bytes, list), (input) => {
          const batch = decodeOtlpTraces(input, context)
          return { rows: spanRowsOf(batch), rejections: batch.decodeRejections }
        })
      }),
      { seed, numRuns: 500 },
    )
  })
})
