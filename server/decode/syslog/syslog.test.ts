import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { damaged, damages } from '../otlp/damage-suite.ts'
import { decodeSyslog } from './syslog.ts'

const seed = 20_261_123
const receivedMs = Date.UTC(2026, 10, 23, 12, 0, 0)
const context = { tenant: defaultTenant, receiver: 'syslog', receivedBytes: 100, offsetMinutes: () => 60 }

function decode(...texts: (string | Uint8Array)[]) {
  const messages = texts.map((text) => ({ bytes: Buffer.from(text as string), receivedMs, address: '192.0.2.7' }))
  const batch = decodeSyslog(messages, context)
  expect(batch.decodeRejections).toEqual([])
  return logRowsOf(batch)
}

/** What stands in one record, in short. */
function recordOf(text: string | Uint8Array) {
  const [row] = decode(text)
  const attributes = Object.fromEntries(row.attributes.map(([key, , value]) => [key, value]))
  const resource = Object.fromEntries(row.resource.attributes.map(({ key, value }) => [key, value]))
  delete attributes['client.address']
  const time = row.timeUnixNano === 0n ? '' : new Date(Number(row.timeUnixNano / 1_000_000n)).toISOString()
  return { time, severity: row.severityText, body: row.body, ...resource, ...attributes }
}

describe('decodeSyslog, RFC 5424', () => {
  it('reads every field', () => {
    const [row] = decode(
      '<165>1 2003-08-24T05:14:15.000003-07:00 mymachine.example.com evntslog 8710 ID47 [exampleSDID@32473 iut="3" eventSource="App \\"x\\" \\\\ \\]"][b] \ufeffAn event \u2713',
    )
    expect(row).toMatchObject({
      resource: {
        attributes: [
          { key: 'service.name', type: 's', value: 'evntslog' },
          { key: 'host.name', type: 's', value: 'mymachine.example.com' },
        ],
      },
      timeUnixNano: BigInt(Date.UTC(2003, 7, 24, 12, 14, 15)) * 1_000_000n + 3000n,
      observedUnixNano: BigInt(receivedMs) * 1_000_000n,
      severityNumber: 10,
      severityText: 'notice',
      body: 'An event \u2713',
      bodyType: 's',
      attributes: [
        ['syslog.facility', 's', 'local4'],
        ['syslog.procid', 's', '8710'],
        ['syslog.msgid', 's', 'ID47'],
        ['syslog.structured_data.exampleSDID@32473.iut', 's', '3'],
        ['syslog.structured_data.exampleSDID@32473.eventSource', 's', 'App "x" \\ ]'],
        ['syslog.structured_data.b', 's', ''],
        ['client.address', 's', '192.0.2.7'],
      ],
    })
  })

  it.each<[string, string, Record<string, string>]>([
    ['nothing but dashes', '<0>1 - - - - - -', { time: '', severity: 'emerg', body: '', 'host.name': '192.0.2.7' }],
    ['no message', '<14>1 2026-01-02T03:04:05Z h a - - [x y="1"]', { body: '', 'host.name': 'h', 'service.name': 'a' }],
    ['a blank before the bracket', '<14>1 - h a - - [x y="1" ] m', { body: 'm', 'syslog.structured_data.x.y': '1' }],
    ['backslashes that escape nothing', '<14>1 - h a - - [x y="c:\\d"] m', { 'syslog.structured_data.x.y': 'c:\\d' }],
    ['brackets in the message', '<14>1 - h a - - - [not data] m', { body: '[not data] m' }],
    ['blanks at the start of the message', '<14>1 - h a - - -   m', { body: '  m' }],
  ])('reads %s', (_name, text, expected) => {
    expect(recordOf(text)).toMatchObject(expected)
  })

  it.each([
    ['a time that is none', '<14>1 yesterday h a - - - m'],
    ['too few fields', '<14>1 - h a'],
    ['structured data without an end', '<14>1 - h a - - [x y="1" m'],
    ['a value without quotation marks', '<14>1 - h a - - [x y=1] m'],
    ['no structured data', '<14>1 - h a - - m'],
  ])('keeps a message with %s whole, and says what is wrong', (_name, text) => {
    expect(recordOf(text)).toMatchObject({
      body: text,
      severity: 'info',
      'sightline.parse_error': expect.stringMatching(/\(at byte \d+\)$/),
    })
  })

  it('keeps bytes that are no UTF-8 in the text', () => {
    const bytes = Buffer.concat([Buffer.from('<14>1 - h a - - - '), Buffer.from([0xff, 0x41])])
    const batch = decodeSyslog([{ bytes, receivedMs, address: '' }], context)
    expect([...batch.body.data]).toEqual([0xff, 0x41])
  })
})

describe('decodeSyslog, RFC 3164 and what is sent in its name', () => {
  it.each<[string, string, Record<string, string>]>([
    [
      'the example of the RFC',
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
      {
        time: '2026-10-11T21:14:15.000Z',
        'host.name': 'mymachine',
        'service.name': 'su',
        body: "'su root' failed",
        severity: 'crit',
        'syslog.facility': 'auth',
      },
    ],
    [
      'a process id',
      '<13>Nov  3 01:02:03 h cron[42]: ran',
      { 'service.name': 'cron', 'syslog.procid': '42', body: 'ran' },
    ],
    [
      'a tag without a colon',
      '<13>Nov  3 01:02:03 h cron[42] ran',
      { 'service.name': 'cron', 'syslog.procid': '42', body: 'ran' },
    ],
    [
      'no host, as /dev/log has it',
      '<13>Nov  3 01:02:03 cron[42]: ran',
      { 'host.name': '192.0.2.7', 'service.name': 'cron', body: 'ran' },
    ],
    [
      'a time of RFC 3339',
      '<13>2026-11-03T01:02:03.5+02:00 h app: m',
      { time: '2026-11-02T23:02:03.500Z', 'host.name': 'h', 'service.name': 'app', body: 'm' },
    ],
    ['a time in December, read in November', '<13>Dec 24 00:00:00 h app: m', { time: '2025-12-23T23:00:00.000Z' }],
    ['a year', '<13>Nov  3 2024 01:02:03 h app: m', { time: '2024-11-03T00:02:03.000Z', body: 'm' }],
    [
      'a Cisco router',
      '<189>123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured',
      {
        time: '2026-03-01T18:46:11.123Z',
        'syslog.msgid': 'SYS-5-CONFIG_I',
        body: 'Configured',
        'host.name': '192.0.2.7',
      },
    ],
    [
      'a Cisco router with its name',
      '<189>7: core1: Mar  1 18:46:11: %SYS-5-CONFIG_I: C',
      { 'host.name': 'core1', 'syslog.msgid': 'SYS-5-CONFIG_I', body: 'C' },
    ],
    [
      'a Cisco firewall',
      '<166>Nov 03 2026 01:02:03 fw1 : %ASA-6-302013: Built',
      { 'host.name': 'fw1', body: ': %ASA-6-302013: Built' },
    ],
    [
      'an IPv6 host',
      '<13>Nov  3 01:02:03 2001:db8::1 app: m',
      { 'host.name': '2001:db8::1', 'service.name': 'app', body: 'm' },
    ],
    ['a tag in UTF-8', '<13>Nov  3 01:02:03 hôte café: m', { 'host.name': 'hôte', 'service.name': 'café', body: 'm' }],
    ['a path as tag', '<13>Nov  3 01:02:03 h postfix/smtpd[1]: m', { 'service.name': 'postfix/smtpd', body: 'm' }],
    ['a date that does not exist', '<13>Foo 99 01:02:03 h app: m', { time: '', body: 'Foo 99 01:02:03 h app: m' }],
    ['no time', '<13>app: m', { time: '', 'service.name': 'app', body: 'm' }],
    ['nothing but a priority', '<13>', { body: '', severity: 'notice' }],
    ['another version', '<13>2 - h a - - - m', { body: '2 - h a - - - m' }],
    ['no priority', 'just text', { severity: '', body: 'just text' }],
    ['a priority beyond 191', '<192>text', { severity: '', body: '<192>text' }],
  ])('reads %s', (_name, text, expected) => {
    expect(recordOf(text)).toMatchObject(expected)
  })

  it.each([
    ...[
      ['emerg', 21],
      ['alert', 19],
      ['crit', 18],
      ['err', 17],
      ['warning', 13],
      ['notice', 10],
      ['info', 9],
      ['debug', 5],
    ],
  ] as [string, number][])('maps severity %s to %i', (text, number) => {
    const level = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'].indexOf(text)
    expect(decode(`<${level}>x`)[0]).toMatchObject({ severityText: text, severityNumber: number })
  })

  it('takes the year that does not lie ahead, for every day of the year', () => {
    for (let day = 0; day < 366; day++) {
      const nowMs = Date.UTC(2026, 0, 1, 12) + day * 86_400_000
      const text = new Date(nowMs - 3_600_000).toUTCString().split(' ')
      const bytes = Buffer.from(`<13>${text[2]} ${String(Number(text[1])).padStart(2)} ${text[4]} h a: m`)
      const batch = decodeSyslog([{ bytes, receivedMs: nowMs, address: '' }], { ...context, offsetMinutes: () => 0 })
      expect(logRowsOf(batch)[0].timeUnixNano).toBe(BigInt(nowMs - 3_600_000) * 1_000_000n)
    }
  })
})

describe('decodeSyslog, limits and damage', () => {
  it('rejects alone what is beyond a limit', () => {
    const limits = { maxAttributes: 1000, maxAttributeKeyBytes: 1024, maxAttributeValueBytes: 100, maxBodyBytes: 4 }
    const messages = ['<1>ab', '<1>abcde', '<1>cd'].map((text) => ({
      bytes: Buffer.from(text),
      receivedMs,
      address: '',
    }))
    const batch = decodeSyslog(messages, { ...context, limits })
    expect(batch.rowCount).toBe(2)
    expect(batch.decodeRejections).toEqual([
      { reason: 'body_too_long', count: 1, sample: 'messages[1]: body has 5 bytes, at most 4' },
    ])
  })

  it('makes a record of every message, whatever is damaged', () => {
    const good = [
      '<165>1 2003-08-24T05:14:15.000003-07:00 mymachine evntslog 8710 ID47 [ex@1 iut="3" s="A\\"]"][b] text',
      "<34>Oct 11 22:14:15 mymachine su[1]: 'su root' failed",
      '<189>123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured',
    ].map((text) => Buffer.from(text))
    fc.assert(
      fc.property(fc.constantFrom(...good), damages, (bytes, list) => {
        const batch = decodeSyslog([{ bytes: damaged(bytes, list), receivedMs, address: '' }], context)
        expect(batch.rowCount).toBe(1)
      }),
      { seed, numRuns: 5000 },
    )
  })

  it('takes linear time for hostile headers', () => {
    const texts = ['1: '.repeat(80_000), 'a'.repeat(250_000), `${' '.repeat(250_000)}:`, '['.repeat(250_000)]
    for (const text of texts) expect(decode(`<13>${text}`)).toHaveLength(1)
    expect(decode(`<13>1 - h a - - ${'[a b="c"]'.repeat(100)}${'['.repeat(200_000)}`)).toHaveLength(1)
  })
})
