import type { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDatadogLogs } from '../datadog/logs.ts'
import type { DecodeContext } from '../decode-context.ts'
import { decodeBulk } from '../elasticsearch/bulk.ts'
import { decodeNdjsonLogs } from '../ndjson-logs.ts'
import { decodeHecEvents } from '../splunk/hec-events.ts'
import { decodeSyslog } from '../syslog/syslog.ts'
import { FrameSplitter } from '../wire/stream-frames.ts'
import { anyValue, documentOf, expectSameByBothReaders, logDocument } from './two-readers-suite.ts'

/** Keys that Elastic's schema has and OpenTelemetry names otherwise, with some that they become. */
const ecsKeys = [
  ...[
    'kubernetes',
    'namespace',
    'namespace_name',
    'kubernetes.pod.name',
    'pod_name',
    'container',
    'host',
    'service',
    'name',
  ],
  ...[
    'service.environment',
    'service.node.name',
    'deployment.environment.name',
    'error',
    'type',
    'message',
    'log',
    'level',
  ],
  ...[
    'origin',
    'file',
    'line',
    'k8s.namespace.name',
    'k8s.container.name',
    'process',
    'thread',
    'id',
    'trace',
    'log.origin',
  ],
]

describe('log records', () => {
  it('of lines are the same rows whether they are read where they stand or as values', () => {
    const lines = fc.array(logDocument, { maxLength: 3 }).map((list) => list.join('\n'))
    expectSameByBothReaders(lines, decodeNdjsonLogs, { seed: 11, numRuns: 4_000 })
  })

  it('of a bulk request are the same', () => {
    const value = fc.oneof(
      fc.constantFrom('"x"', '"y"', '5', '""', 'null'),
      documentOf(ecsKeys, fc.constantFrom('"x"', '1', 'null')),
    )
    const documents = fc.array(fc.oneof(logDocument, documentOf(ecsKeys, value)), { maxLength: 3 })
    const requests = documents.map((list) => list.map((text) => `{"create":{"_index":"i"}}\n${text}\n`).join(''))
    expectSameByBothReaders(requests, (body, given) => decodeBulk(body, '', given).batch, { seed: 12, numRuns: 4_000 })
  })

  it("of Datadog's intake are the same", () => {
    const keys = [
      'ddtags',
      'status',
      'level',
      'message',
      'dd',
      'trace_id',
      'span_id',
      'dd.trace_id',
      'hostname',
      'a',
      'status.b',
    ]
    const record = documentOf(keys, fc.oneof(anyValue, documentOf(['trace_id', 'span_id', 'a'])))
    const lists = fc.array(fc.oneof(record, record, logDocument, anyValue), { maxLength: 3 })
    const requests = fc.oneof(
      lists.map((list) => `[${list.join(', ')}]`),
      record,
    )
    expectSameByBothReaders(requests, decodeDatadogLogs, { seed: 13, numRuns: 4_000 })
  })

  it("of Splunk's collector are the same, and the first that is not taken", () => {
    const part = fc.oneof(logDocument, logDocument, anyValue, fc.constantFrom('"metric"', '{"k8s.a":"x","a":"y"}'))
    const member = fc.oneof(
      fc.tuple(fc.constantFrom('event', 'event', 'fields'), part),
      fc.tuple(fc.constantFrom('time', 'host', 'source', 'sourcetype', 'index', 'x'), anyValue),
    )
    const text = fc
      .array(member, { maxLength: 5 })
      .map((list) => `{${list.map(([key, value]) => `"${key}": ${value}`).join(' , ')}}`)
    const requests = fc
      .tuple(fc.array(fc.oneof(text, text, anyValue), { maxLength: 3 }), fc.constantFrom('', ' ', '\n'))
      .map(([list, gap]) => list.join(gap))
    const defaults = { host: 'h', source: '', index: 'i' }
    const firsts: number[] = []
    const decode = (body: Buffer, given: DecodeContext) => {
      const { batch, firstInvalid } = decodeHecEvents(body, defaults, given)
      firsts.push(firstInvalid)
      return batch
    }
    expectSameByBothReaders(requests, decode, { seed: 14, numRuns: 4_000 })
    expect(firsts.filter((_, i) => i % 2 === 0)).toEqual(firsts.filter((_, i) => i % 2 === 1))
  })

  it('of syslog are the same', () => {
    const time = fc.constantFrom(
      ...['-', '2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123456+02:00', '2026-01-31T12:00:00.5-07:00', '1700000000'],
      ...[
        '1970-01-01T00:30:00+01:00',
        '1970-01-01T00:30:00-01:00',
        '2554-07-21T23:34:33.5Z',
        '2554-07-21T23:34:33-00:01',
      ],
      ...[
        '2026-01-31T12:00:00+0200',
        '2026-01-31T12:00:00.+02:00',
        '2026-01-31T25:00:00+02:00',
        'x',
        '',
        'a:+02:00',
        '+02:00',
      ],
    )
    const word = fc.constantFrom('-', 'a', 'host.example', 'Ä', '', '12', 'a'.repeat(12), '[x]')
    const name = fc.constantFrom('a', 'b', 'a.b', 'shop@32473', '7', '__proto__', 'ä', '', 'a"', 'a'.repeat(130))
    const text = fc.constantFrom('', 'x', 'Ä', 'a b', '\\"', '\\\\', '\\]', '\\n', 'a\\', ']', 'a'.repeat(21), '=')
    const parameter = fc
      .tuple(fc.constantFrom(' ', ' ', '  ', ''), name, text)
      .map(([gap, key, value]) => `${gap}${key}="${value}"`)
    const element = fc
      .tuple(name, fc.array(parameter, { maxLength: 3 }), fc.constantFrom('', '', ' '))
      .map(([id, list, gap]) => `[${id}${list.join('')}${gap}]`)
    const data = fc.oneof(
      fc.constantFrom('-', '-[a]', '', '[]'),
      fc.array(element, { maxLength: 3 }).map((list) => list.join('')),
    )
    const rest = fc.constantFrom('', ' ', ' text', ' \ufeffÄ', 'x', ' \u0000 b')
    const start = fc.constantFrom(
      '<13>1 ',
      '<191>1 ',
      '<013>1 ',
      '<0>1 ',
      '<192>1 ',
      '<1234>1 ',
      '<>1 ',
      '<13>2 ',
      '<13>',
      '',
    )
    const message = fc
      .tuple(start, fc.array(fc.oneof(word, word), { minLength: 4, maxLength: 4 }), time, data, rest)
      .map(([head, fields, at, elements, tail]) => `${head}${at} ${fields.join(' ')} ${elements}${tail}`)
    const requests = fc.array(message, { maxLength: 3 }).map((list) => list.join('\n'))
    const decode = (body: Buffer, given: DecodeContext) => {
      const frames = new FrameSplitter({ maxBytes: 65_536, octetCounted: true })
      const list = [...frames.push(body).messages, frames.end()].flatMap((bytes) => (bytes === null ? [] : [bytes]))
      const messages = list.map((bytes, i) => ({
        bytes,
        receivedMs: 1_700_000_000_123,
        address: i === 1 ? '' : '10.0.0.1',
      }))
      return decodeSyslog(messages, { ...given, offsetMinutes: () => 60 })
    }
    expectSameByBothReaders(requests, decode, { seed: 15, numRuns: 8_000 })
  })
})
