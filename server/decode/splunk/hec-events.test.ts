import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { decodeHecEvents, decodeHecRaw } from './hec-events.ts'

const context = { tenant: defaultTenant, receiver: 'splunk_hec', receivedBytes: 1 }
const decode = (text: string) => {
  const { batch, firstInvalid } = decodeHecEvents(Buffer.from(text), { host: 'from-query' }, context)
  return { rows: logRowsOf(batch), rejections: batch.decodeRejections, firstInvalid }
}
const one = (event: object) => decode(JSON.stringify(event)).rows[0]
const values = (list: readonly { key: string; value: string }[]) =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]))

describe('events', () => {
  it.each([
    ['one behind the other', '{"event":"a"}{"event":"b"}'],
    ['on lines', '{"event":"a"}\r\n\n {"event":"b"}\n'],
    ['in an array', '[{"event":"a"},{"event":"b"}]'],
    ['with braces in texts', '{"event":"a","x":"}{\\"}"}{"event":"b"}'],
  ])('are told apart %s', (_name, text) => {
    expect(decode(text)).toMatchObject({ rows: [{ body: 'a' }, { body: 'b' }], rejections: [], firstInvalid: -1 })
  })

  it('have time, source and fields', () => {
    const row = one({
      time: 1767225600.123,
      host: 'web-1',
      source: '/var/log/x',
      sourcetype: 'access',
      index: 'main',
      event: 'GET /',
      fields: { level: 'warn', region: 'eu', 'service.name': 'shop', n: 1 },
    })
    expect(row).toMatchObject({ timeUnixNano: 1_767_225_600_123_000_000n, body: 'GET /', severityText: 'warn' })
    expect(row.attributes).toEqual([
      ['region', 's', 'eu'],
      ['n', 'i', '1'],
    ])
    expect(values(row.resource.attributes)).toEqual({
      'host.name': 'web-1',
      'com.splunk.source': '/var/log/x',
      'com.splunk.sourcetype': 'access',
      'com.splunk.index': 'main',
      'service.name': 'shop',
    })
  })

  it.each([
    ['"1767225600.5"', 1_767_225_600_500_000_000n],
    ['1767225600', 1_767_225_600_000_000_000n],
    ['1767225600123', 1_767_225_600_123_000_000n],
    ['"soon"', 0n],
    ['null', 0n],
  ])('have the time %s', (time, wanted) => {
    expect(decode(`{"time":${time},"event":"x"}`).rows[0].timeUnixNano).toBe(wanted)
  })

  it('that are objects are sorted like log lines', () => {
    const row = one({ event: { message: 'hi', severity: 'error', trace_id: 'ab'.repeat(16), user: { id: 5 } } })
    expect(row).toMatchObject({ body: 'hi', severityText: 'error', traceId: 'ab'.repeat(16) })
    expect(row.attributes).toEqual([['user.id', 'i', '5']])
    expect(values(row.resource.attributes)).toEqual({ 'host.name': 'from-query' })
  })

  it.each([
    [{ a: 1 }, '{"a":1}', 's'],
    [[1, 2], '[1,2]', 'a'],
    [5, '5', 'i'],
    [false, 'false', 'b'],
  ])('%j have the body %s', (event, body, bodyType) => {
    expect(one({ event })).toMatchObject({ body, bodyType })
  })

  it.each([
    ['{}', 'event is missing'],
    ['{"event":null}', 'event is missing'],
    ['{"event":""}', 'event is blank'],
    ['{"event":"metric","fields":{"metric_name:cpu":1}}', 'metric events are not taken'],
    ['[1]', 'is a number'],
  ])('%s are rejected alone', (text, words) => {
    const { rows, rejections, firstInvalid } = decode(`{"event":"a"}${text}{"event":"b"}`)
    expect(rows.map(({ body }) => body)).toEqual(['a', 'b'])
    expect(rejections).toMatchObject([{ count: 1 }])
    expect(rejections[0].sample).toContain(`events[1]: ${words}`)
    expect(firstInvalid).toBe(1)
  })

  it('before the place where the JSON breaks are taken', () => {
    const { rows, rejections, firstInvalid } = decode('{"event":"a"}{"event":')
    expect([rows.length, rejections[0].count, firstInvalid]).toEqual([1, 1, 1])
  })

  it.each(['{"event":', 'text', '{"event":"a",}', '"text"', '{"event":"a"]'])('%s refuse the request', (text) => {
    expect(() => decode(text)).toThrow(DecodeError)
  })
})

describe('raw lines', () => {
  it('are records as they are, blank ones left out', () => {
    const { batch } = decodeHecRaw(Buffer.from('one\r\n\n{"event":1}\ntwo'), { sourcetype: 't' }, context)
    const rows = logRowsOf(batch)
    expect(rows.map(({ body }) => body)).toEqual(['one', '{"event":1}', 'two'])
    expect(values(rows[0].resource.attributes)).toEqual({ 'com.splunk.sourcetype': 't' })
  })

  it('beyond a limit are named', () => {
    const limits = { maxAttributes: 9, maxAttributeKeyBytes: 99, maxAttributeValueBytes: 99, maxBodyBytes: 3 }
    const { batch, firstInvalid } = decodeHecRaw(Buffer.from('one\nthree\ntwo'), {}, { ...context, limits })
    expect([batch.rowCount, firstInvalid, batch.decodeRejections[0].sample.slice(0, 7)]).toEqual([2, 1, 'line 2:'])
  })
})

it('any events come out as many as they went in, and damaged ones as rows or a DecodeError', () => {
  const event = fc.record({
    event: fc.oneof(
      fc.string({ minLength: 1 }),
      fc.jsonValue().filter((value) => value !== null && value !== ''),
    ),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 4 }), damages, (events, list) => {
      const text = events.map((value) => JSON.stringify(value)).join('')
      const { rows, rejections } = decode(text)
      expect(rows.length + rejections.reduce((sum, { count }) => sum + count, 0)).toBe(events.length)
      expectRowsOrDecodeError(damaged(Buffer.from(text), list), (bytes) => {
        const { batch, firstInvalid } = decodeHecEvents(bytes, {}, context)
        return [logRowsOf(batch), batch.decodeRejections, firstInvalid]
      })
    }),
    { seed: 67, numRuns: 1_000 },
  )
})
