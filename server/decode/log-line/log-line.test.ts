import type { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDatadogLogs } from '../datadog/logs.ts'
import type { DecodeContext } from '../decode-context.ts'
import { decodeBulk } from '../elasticsearch/bulk.ts'
import { decodeNdjsonLogs } from '../ndjson-logs.ts'
import { decodeHecEvents } from '../splunk/hec-events.ts'
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
})
