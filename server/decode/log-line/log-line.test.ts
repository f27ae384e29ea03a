import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDatadogLogs } from '../datadog/logs.ts'
import type { DecodeContext } from '../decode-context.ts'
import { decodeBulk } from '../elasticsearch/bulk.ts'
import { decodeFluent } from '../fluent/fluent.ts'
import { decodeLokiPushJson } from '../loki/loki-push-json.ts'
import { decodeNdjsonLogs } from '../ndjson-logs.ts'
import { decodeHecEvents } from '../splunk/hec-events.ts'
import { decodeSyslog } from '../syslog/syslog.ts'
import { MsgpackExtension } from '../wire/msgpack-reader.ts'
import { packed } from '../wire/msgpack-writer.ts'
import { FrameSplitter } from '../wire/stream-frames.ts'
import { anyValue, documentOf, expectSameByBothReaders, logDocument, logKeys } from './two-readers-suite.ts'

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
    const legacyTime = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          'Oct 11 22:14:15',
          'Nov  1 00:00:00',
          'Nov 15 23:59:60',
          '2026-01-31T12:00:00.5+02:00',
          '2026-01-31T12:00:00Z',
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          ...[
            'Nov 16 22:00:00',
            'Oct 32 22:14:15',
            'Oct  1 24:00:00',
            'Oct 1 22:14:15',
            'Oct 11 22:14:15.5',
            'Oct 11 22:14:15:',
          ],
          ...[
            'Oct 11 22:14:15 2020',
            'Oct 11 2020 22:14:15',
            '*Oct 11 22:14:15',
            '2026-01-31T12:00:00',
            '2026-01-31T12:00:00Z:',
          ],
          ...[
            '2026-01-31 12:00:00Z',
            '2026-01-31t12:00:00Z',
            '1700000000',
            '12: Oct 11 22:14:15',
            'host: Oct 11 22:14:15',
            '',
          ],
        ),
      },
    )
    const host = fc.constantFrom(
      'host.example',
      'web-1',
      '2001:db8::1',
      '10.0.0.1',
      '2026',
      'UTC',
      'GMT',
      'Z',
      'hö-st',
      'a:b',
      '',
      '20267',
      'a'.repeat(256),
    )
    const app = fc.constantFrom(
      'sshd',
      'a',
      'su:',
      '%ASA-6-302013',
      '%x',
      'x/y',
      'a b',
      '',
      'ä',
      'a'.repeat(49),
      '[x]',
      '-',
    )
    const procId = fc.constantFrom('', '', '[12]', '[]', '[a b]', '[12', '[ä]', '[a[b]', `[${'1'.repeat(129)}]`)
    const tail = fc.constantFrom(': text', ': text', ': ', ':', ' text', ':x', '', ': Ä', `: ${'x'.repeat(500)}`)
    const legacy = fc
      .tuple(fc.constantFrom('<13>', '<191>', '<13> '), legacyTime, host, app, procId, tail)
      .map(([head, at, name, program, id, more]) => `${head}${at} ${name} ${program}${id}${more}`)
    const requests = fc.array(fc.oneof(message, legacy), { maxLength: 3 }).map((list) => list.join('\n'))
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
    expectSameByBothReaders(requests, decode, { seed: 15, numRuns: 10_000 })
  })

  it('of Fluent are the same', () => {
    const map = (members: readonly (readonly [Buffer, Buffer])[]) =>
      Buffer.concat([Buffer.from([0x80 | members.length]), ...members.flat()])
    const plain = fc.constantFrom(
      ...[
        '',
        'x',
        'info',
        'Ä',
        'a"b',
        'a\nb',
        '2026-01-31T12:00:00.5Z',
        '0af7651916cd43dd8448eb211c80319c',
        'a'.repeat(40),
      ],
      ...[
        0,
        5,
        30,
        127,
        128,
        -1,
        -33,
        70_000,
        2 ** 31,
        2 ** 32,
        -(2 ** 31),
        2 ** 52,
        2 ** 53,
        -(2 ** 53),
        1_700_000_000,
      ],
      ...[
        2n ** 53n,
        2n ** 53n + 1n,
        9_999_999_999_999_999n,
        10n ** 16n,
        1_767_225_600_123_456_789n,
        2n ** 63n,
        2n ** 64n - 1n,
      ],
      ...[-(2n ** 53n) - 1n, -(2n ** 63n), 1_700_000_000_123n, 1_700_000_000_123_456n],
      ...[0.5, -0, -1.5, 1e21, 1e-7, 1_700_000_000.25, Number.NaN, Number.POSITIVE_INFINITY, true, false, null],
      ...[Buffer.from('text'), Buffer.from([0xff, 0xfe]), new MsgpackExtension(1, Buffer.from('x'))],
    )
    // Integers as doubles, and texts with bytes that are no characters.
    const odd = fc.constantFrom(
      'cb4014000000000000',
      'cb8000000000000000',
      'ca3f800000',
      'a2c328',
      'cf0000000000000001',
      'd3ffffffffffffffff',
      'c1',
    )
    const scalar = fc.oneof(
      { weight: 8, arbitrary: plain.map(packed) },
      { weight: 1, arbitrary: odd.map((hex) => Buffer.from(hex, 'hex')) },
    )
    const keyOf = (names: readonly string[]) =>
      fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom(...names).map(packed) },
        { weight: 1, arbitrary: plain.map(packed) },
      )
    const { value } = fc.letrec<{ value: Buffer; list: Buffer; map: Buffer }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 5, arbitrary: scalar },
        { weight: 1, arbitrary: tie('list') },
        { weight: 2, arbitrary: tie('map') },
      ),
      list: fc
        .array(tie('value'), { maxLength: 3 })
        .map((list) => Buffer.concat([Buffer.from([0x90 | list.length]), ...list])),
      map: fc.array(fc.tuple(keyOf(logKeys), tie('value')), { maxLength: 4 }).map(map),
    }))
    // Mostly as the filters write it, so that records are read where they stand.
    const word = fc.constantFrom('x', 'cart', '', 'Ä').map(packed)
    const usual = (other: fc.Arbitrary<Buffer>) =>
      fc.oneof({ weight: 6, arbitrary: word }, { weight: 1, arbitrary: other })
    const members = (names: readonly string[], given: fc.Arbitrary<Buffer>, maxLength: number) =>
      fc.uniqueArray(fc.tuple(fc.constantFrom(...names), given), { maxLength, selector: ([name]) => name })
    const mapOf = (names: readonly string[], given: fc.Arbitrary<Buffer>, maxLength: number) =>
      members(names, given, maxLength).map((list) => map(list.map(([name, bytes]) => [packed(name), bytes] as const)))
    const labels = mapOf(['app', 'k8s-app', 'app.kubernetes.io/name', 'team', 'tier'], usual(value), 3)
    const names = ['pod_name', 'namespace_name', 'container_name', 'container_image', 'host', 'other', '7']
    const kubernetes = fc
      .tuple(members(names, usual(value), 3), fc.option(labels), fc.option(labels), fc.nat(3), usual(value))
      .map(([list, label, annotation, at, odd]) => {
        const all = list.map(([name, bytes]) => [packed(name), bytes] as const)
        if (label !== null) all.splice(at, 0, [packed('labels'), at === 3 ? odd : label])
        if (annotation !== null) all.splice(3 - at, 0, [packed('annotations'), annotation])
        return map(all)
      })
    const filtered = fc
      .tuple(
        members(['a', 'level', 'service.name', 'k8s.pod.name', 'k8s', 'pod'], usual(value), 3),
        kubernetes,
        fc.nat(3),
      )
      .map(([list, bytes, at]) => {
        const all = list.map(([name, given]) => [packed(name), given] as const)
        all.splice(at, 0, [packed('kubernetes'), bytes])
        return map([[packed('log'), packed('text')], ...all])
      })
    const docker = members(
      ['container_id', 'source', 'container_name', 'container.id', 'container', 'log.iostream', 'kubernetes'],
      usual(value),
      5,
    ).map((list) =>
      map([[packed('log'), packed('text')], ...list.map(([name, given]) => [packed(name), given] as const)]),
    )
    const any = fc
      .tuple(
        fc.constantFrom([], [[packed('log'), packed('text')] as const]),
        fc.array(fc.tuple(keyOf(logKeys), value), { maxLength: 6 }),
      )
      .map(([first, list]) => map([...first, ...list]))
    const record = fc.oneof(any, filtered, docker)
    const eventTime = new MsgpackExtension(0, Buffer.from('6553f100075bcd15', 'hex'))
    const longTime = Buffer.from('c708006553f100ffffffff', 'hex')
    const time = fc.oneof(
      fc
        .constantFrom<unknown>(
          eventTime,
          1_700_000_000,
          1_700_000_000.5,
          null,
          [eventTime, {}],
          [eventTime, { a: 1 }],
          [5],
          'x',
          18_446_744_073,
          -1,
        )
        .map(packed),
      fc.constant(longTime),
    )
    const entry = fc
      .tuple(
        fc.constantFrom(0x92, 0x92, 0x92, 0x92, 0x93),
        time,
        fc.oneof({ weight: 9, arbitrary: record }, { weight: 1, arbitrary: value }),
      )
      .map(([head, at, given]) => Buffer.concat([Buffer.from([head]), at, given]))
    const decode = (bytes: Buffer, given: DecodeContext) => {
      const mode = bytes[0] === 0x92 || bytes.length === 0 ? 'entries' : 'message'
      const entries = mode === 'entries' ? bytes : bytes.subarray(1)
      const request = { tag: bytes.length % 3 === 0 ? '' : 'app', mode, entries, count: -1, chunk: null } as const
      return decodeFluent([{ request, receivedMs: 1_800_000_000_123, wireBytes: 7 }], given)
    }
    expectSameByBothReaders(
      fc.array(entry, { maxLength: 3 }).map((list) => Buffer.concat(list)),
      decode,
      { seed: 16, numRuns: 10_000 },
    )
  })

  it('of Loki are the same', () => {
    const time = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom('"1700000000123456789"', '"0"', '"12"', '"9999999999999999999"', '"0123456789"'),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '""',
          '"18446744073709551615"',
          '"18446744073709551616"',
          '"1 "',
          '1700000000123456789',
          '5',
          'null',
        ),
      },
    )
    const line = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          '""',
          '"a"',
          '"Ä b"',
          '"{\\"a\\":1}"',
          '"\\ud83d\\ude00"',
          '"\\ud83d"',
          '"123456789"',
          '"\\n"',
        ),
      },
      { weight: 1, arbitrary: anyValue },
    )
    const ids = [
      '"0af7651916cd43dd8448eb211c80319c"',
      '"0AF7651916CD43DD"',
      '"00000000000000000000000000000000"',
      '1234567890123456',
      '"0af7651916cd43dg"',
      '"info"',
      '""',
      '"warn"',
    ]
    const names = [
      'trace_id',
      'traceID',
      'Trace_Id',
      'span_id',
      'SpanId',
      'level',
      'detected_level',
      'lvl',
      'a',
      'b',
      'a.b',
      'ä',
      '7',
      '__proto__',
      'constructor',
    ]
    const metadata = documentOf(
      names,
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: anyValue }),
    )
    const gap = fc.constantFrom('', '', '', ' ', '\n')
    const entry = fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .tuple(time, line, fc.option(metadata), gap)
          .map(
            ([at, text, pairs, blank]) =>
              `[${blank}${at}${blank},${text}${pairs === null ? '' : `,${blank}${pairs}`}${blank}]`,
          ),
      },
      { weight: 1, arbitrary: fc.tuple(time, line, anyValue, anyValue).map((list) => `[${list.join(',')}]`) },
      { weight: 1, arbitrary: anyValue },
    )
    const labels = fc.oneof(
      {
        weight: 6,
        arbitrary: documentOf(
          ['app', 'level', 'pod', 'job', 'host', 'k8s_pod_name'],
          fc.constantFrom('"x"', '"info"', '"a/b"', '""', '"much longer than it is"'),
        ),
      },
      { weight: 1, arbitrary: anyValue },
    )
    const list = fc
      .tuple(fc.array(entry, { maxLength: 4 }), gap)
      .map(([all, blank]) => `[${blank}${all.join(`,${blank}`)}${blank}]`)
    const stream = fc.oneof(
      {
        weight: 12,
        arbitrary: fc
          .tuple(labels, list, gap)
          .map(([all, values, blank]) => `{${blank}"stream"${blank}:${blank}${all},"values":${values}${blank}}`),
      },
      { weight: 1, arbitrary: fc.tuple(labels, list).map(([all, values]) => `{"values":${values},"stream":${all}}`) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(labels, list, list)
          .map(([all, values, others]) => `{"stream":${all},"values":${values},"entries":${others}}`),
      },
      { weight: 1, arbitrary: anyValue },
    )
    const requests = fc
      .tuple(fc.array(stream, { maxLength: 3 }), gap, fc.constantFrom('', '', '', '', ',"a":1', 'x'))
      .map(([all, blank, more]) => `${blank}{"streams":${blank}[${all.join(',')}]${more}${blank}}${blank}`)
    expectSameByBothReaders(requests, decodeLokiPushJson, { seed: 17, numRuns: 10_000 })
  })
})
