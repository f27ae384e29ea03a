import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { LogBatch } from '../../model/batch.ts'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import type { DecodeContext } from '../decode-context.ts'
import { damaged, damages } from '../otlp/damage-suite.ts'

/* Log records must be the same rows whether they are read from bytes or as values: what both readers are held to. */

const numbers = [
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '5',
    '10',
    '30',
    '60',
    '61',
    '24',
    '25',
    '200',
    '1.0',
    '-1.0',
    '1.50',
    '0.1',
    '-0.5',
    '01',
    '1.',
  ],
  ...['0.0', '-0.0', '0.000001', '0.0000001', '0.00000012', '1e3', '1E-3', '1.5e300', '1e400', '00', '-', '4294967296'],
  ...['1700000000', '1700000000.123456', '1700000000.5', '1700000000123', '1700000000123.25', '1700000000123456'],
  ...['1767225600123456789', '9007199254740993', '4503599627370495', '4503599627370496', '4503599627370497.5'],
  ...['12345678901234567', '123456789012345678', '-12345678901234567', '99999999999999999999', '18446744073.5'],
  ...[
    '18446744074',
    '0.1234567890123456',
    '123456789.1234567',
    '1700000000.1234560',
    '100000000000',
    '99999999999.999',
  ],
]
const strings = [
  ...[
    '',
    'x',
    'info',
    'Ä',
    '😀',
    'a\\"b',
    '\\n',
    '\\u0041',
    '\\u00e4',
    '\\u20ac',
    '\\ud83d\\ude00',
    '\\ud83d',
    '\\u0000',
  ],
  ...['\\x', 'tab\tin it', '2026-01-31T12:00:00.123456789Z', '2026-01-31T12:00:00Z', '2026-01-31 12:00:00', '5', '01'],
  ...[
    '2026-02-31T12:00:00Z',
    '1969-12-31T23:59:59Z',
    '2554-07-21T23:34:33.5Z',
    '2554-07-21T23:34:34Z',
    '1700000000.25',
  ],
  ...[
    ' 2026-01-31T12:00:00Z ',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00.1234567890Z',
    '0af7651916cd43dd8448eb211c80319c',
  ],
  ...[
    '0AF7651916CD43DD',
    '00000000000000000000000000000000',
    '0000000000000000',
    '\\/path',
    'env:prod,version:1,flag,,env:b',
  ],
  ...['0af7651916cd43dg', '123', '18446744073709551616', '0'],
].map((text) => `"${text}"`)
/** Keys of log records, those that become fields among them. */
export const logKeys = [
  ...[
    'time',
    'Time',
    'timestamp',
    '@timestamp',
    'ts',
    'observed_timestamp',
    'severity_number',
    'level',
    'severity',
    'log',
  ],
  ...['message', 'msg', 'body', 'trace_id', 'traceId', 'span_id', 'trace_flags', 'logger', 'logger_name', 'event_name'],
  ...['service', 'service.name', 'name', 'host', 'hostname', 'host.name', 'k8s.pod.name', 'k8s', 'pod', 'cloud.region'],
  ...['a', 'b', 'a.b', 'b.a', '', '7', '0', '__proto__', 'constructor', 'a\\u0062', 'ä', 'tags', 'dd', 'trace', 'id'],
]

const blank = fc.constantFrom('', '', '', ' ', '\t', '  ')

/** Text of a JSON value: right, and now and then wrong. */
const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: fc.constantFrom(...strings) },
    { weight: 2, arbitrary: fc.constantFrom(...numbers) },
    { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'null', 'tru', '{}', '[]', '{ }', '[ ]') },
    { weight: 1, arbitrary: tie('array') },
    { weight: 2, arbitrary: tie('object') },
  ),
  array: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), blank)
    .map(([list, gap]) => `[${gap}${list.join(`,${gap}`)}${gap}]`),
  object: documentOf(logKeys, tie('value')),
}))

/** Text of a JSON object with some of the keys. */
export function documentOf(names: readonly string[], values: fc.Arbitrary<string> = value): fc.Arbitrary<string> {
  const member = fc.tuple(fc.constantFrom(...names), values)
  return fc
    .tuple(fc.array(member, { maxLength: 6 }), blank, blank)
    .map(
      ([list, one, other]) =>
        `{${one}${list.map(([key, text]) => `"${key}"${one}:${other}${text}`).join(`${other},`)}${one}}`,
    )
}

/** Text of a JSON value, for fields of a format. */
export const anyValue: fc.Arbitrary<string> = value

/** Text of a log record as JSON. */
export const logDocument: fc.Arbitrary<string> = documentOf(logKeys)

const context = { tenant: defaultTenant, receiver: 'test', receivedBytes: 1 }
const limits = { maxAttributes: 4, maxAttributeKeyBytes: 8, maxAttributeValueBytes: 20, maxBodyBytes: 8 }

/**
 * Holds a decoder to the same rows, rejections and errors by both readers: of requests as they are, with bytes changed, and
 * under narrow limits.
 */
export function expectSameByBothReaders(
  requests: fc.Arbitrary<string | Uint8Array>,
  decode: (body: Buffer, context: DecodeContext) => LogBatch,
  { seed, numRuns }: { seed: number; numRuns: number },
): void {
  const seen = (body: Buffer, given: DecodeContext) => {
    try {
      const batch = decode(body, given)
      return { rows: logRowsOf(batch), rejections: batch.decodeRejections }
    } catch (error) {
      if (error instanceof DecodeError) return { message: error.message, position: error.position }
      throw error
    }
  }
  fc.assert(
    fc.property(requests, fc.oneof(fc.constant([]), damages), fc.boolean(), (request, list, isNarrow) => {
      const whole = Buffer.from(request as string)
      const body = list.length === 0 || whole.length === 0 ? whole : Buffer.from(damaged(whole, list))
      const given: DecodeContext = isNarrow ? { ...context, limits } : context
      expect(seen(body, given)).toEqual(seen(body, { ...given, readsValues: true }))
    }),
    { seed, numRuns },
  )
}
