import { gzipSync } from 'node:zlib'
import { MsgpackExtension } from '../../../server/decode/wire/msgpack-reader.ts'
import { packed } from '../../../server/decode/wire/msgpack-writer.ts'
import { encodeLoki } from './wire-schemas.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

export const lokiJson = () => [
  json({
    streams: [
      {
        stream: { app: 'shop', level: 'info', namespace: 'prod' },
        values: [
          ['1767225600123456789', 'order 17 failed'],
          ['1767225600123456790', 'again', { trace_id: '0af7651916cd43dd8448eb211c80319c', user: '5' }],
        ],
      },
      { stream: {}, values: [] },
    ],
  }),
]

export const lokiProtobuf = () => [
  encodeLoki('PushRequest', {
    streams: [
      {
        labels: '{app="shop", level="info", path="/a\\"b"}',
        hash: 5n,
        entries: [
          {
            timestamp: { seconds: 1_767_225_600n, nanos: 5 },
            line: 'order 17 failed',
            structuredMetadata: [{ name: 'trace_id', value: 'ab' }],
            parsed: [{ name: 'a', value: 'b' }],
          },
          { line: 'x' },
        ],
      },
      { labels: '{}' },
    ],
  }),
]

/** Labels of a stream as text. */
export const lokiLabels = () => [Buffer.from('{app="shop",  path=`/a`, q="a\\"b\\u00e4", }'), Buffer.from('{}')]

export const bulk = () =>
  [
    '{"create":{"_index":"logs-app-default","_id":"1"}}\n{"@timestamp":"2026-01-01T00:00:00.123Z","message":"order","log":{"level":"info"},"service.name":"shop","trace":{"id":"0af7651916cd43dd8448eb211c80319c"},"host":{"name":"h"}}\n{"index":{}}\n{"message":"b","labels":{"a":[1,2]}}\n',
    '{"delete":{"_index":"a","_id":"2"}}\n{"update":{"_id":"3"}}\n{"doc":{"a":1}}\n{"create":{}}\n{"a":{"b":{"c":null}}}\n',
  ].map((text) => Buffer.from(text))

export const ndjson = () =>
  [
    '{"level":30,"time":1767225600123,"pid":17,"hostname":"h","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","msg":"paid"}\nplain text\n{"timestamp":"2026-01-01T00:00:00+01:00","severity":"WARN","message":"x","service":"shop","nested":{"a":[1,true,null]}}\n',
    '{"@timestamp":1767225600.5,"log.level":"error"}\r\n[1,2]\n"text"\n',
  ].map((text) => Buffer.from(text))

export const syslogStream = () =>
  [
    '<34>1 2026-10-11T22:14:15.003Z host su 77 ID47 [ex@1 a="b" c="d\\"]"][x@2] \ufeffsu root failed\n<165>1 - - - - - -\n',
    '<13>Feb  5 17:32:18 10.0.0.99 app[17]: message\n<34>Oct 11 22:14:15 2026 host app: x\n',
    '45 <34>1 2026-10-11T22:14:15Z h a - - - message123 <13>x\n<189>: Jan 1 00:00:00.123 UTC: %SYS-5-CONFIG: up\n',
  ].map((text) => Buffer.from(text))

const eventTime = new MsgpackExtension(0, Buffer.from('6553f100075bcd15', 'hex'))
const entry = [eventTime, { message: 'order', level: 'info', n: -5, map: { a: [1, 2.5, null, true] } }]
const entries = Buffer.concat([packed(entry), packed([1_767_225_600, { log: 'b' }])])
const compressed = { compressed: 'gzip', chunk: 'x' }

export const fluent = () => [
  packed(['app.shop', eventTime, { message: 'a', kubernetes: { pod_name: 'p', labels: { a: 'b' } } }, { chunk: 'x' }]),
  packed(['app', [entry, [[eventTime, {}], { message: 'c' }]], { chunk: 'x', size: 2 }]),
  packed(['app', entries, { size: 2, fluent_signal: 0 }]),
  packed(['app', gzipSync(entries), compressed]),
  Buffer.concat([packed(null), packed(['app', 5, { log: 'x' }])]),
]

export const hecEvents = () =>
  [
    '{"time":1767225600.123,"host":"h","source":"s","sourcetype":"st","index":"i","event":{"message":"a","level":"info"},"fields":{"k":"v","n":1}}{"event":"plain"}\n{"time":"1767225600","event":[1,2]}',
    '{"event":""}{"event":5}',
  ].map((text) => Buffer.from(text))

export const hecRaw = () => [Buffer.from('one line\nanother\r\n\n{"a":1}\n')]

export const datadogLogs = () =>
  [
    [
      {
        message: 'a',
        ddsource: 'nginx',
        ddtags: 'env:prod,flag',
        hostname: 'h',
        service: 'shop',
        status: 'info',
        timestamp: 1_767_225_600_123,
        dd: { trace_id: '123', span_id: '5' },
        more: { a: [1] },
      },
    ],
    { message: '{"level":"warn","message":"inner"}', date: '2026-01-01T00:00:00Z' },
  ].map(json)

/** Lines of tailed files: plain, of container runtimes, of several lines. */
export const tailedLines = () =>
  [
    'a\nb\r\n\nlast without an end',
    '2026-11-23T12:00:00.123456789+01:00 stdout F one\n2026-11-23T12:00:00.123456789Z stderr P tw\n2026-11-23T12:00:00.2Z stderr F o\n',
    '{"log":"one\\n","stream":"stdout","time":"2026-11-23T12:00:00.5Z"}\n{"log":"tw","stream":"stderr","time":"2026-11-23T12:00:00.6Z"}\n',
    'E1 failed\n  at x\n  at y\nE2\n',
  ].map((text) => Buffer.from(text))

export const logWords = [
  ...[
    '"streams":[',
    '"stream":{',
    '"values":[',
    '"event":',
    '"time":',
    '"message":',
    '"create":{}',
    '"_index":',
    '\n{',
  ],
  ...[
    '<13>',
    '<34>1 ',
    '<999>',
    ' - - - ',
    '[a@1 b="c"]',
    '2026-01-01T00:00:00Z',
    '9999-99-99T99:99:99.999999999+99:99',
  ],
  ...['"log":"', '\\n"', ' stdout F ', ' stderr P ', 'gzip', 'chunk', '\u001b[31m', '"trace_id":"', 'app="', '123 <'],
]
