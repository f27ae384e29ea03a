import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineReader } from './line-reader.ts'
import { logBatch, rowOf } from './log-batch-suite.ts'
import { lineFormats } from './registry.ts'

/** Any time is taken here: how old a record may be is tested elsewhere. */
const limits = { maxAgeMs: 1e14, maxAheadMs: 1e14, rowsPerSecond: 0, bytesPerSecond: 0 }
const nowMs = Date.parse('2026-01-31T12:00:00Z')
const runs = { seed: 6, numRuns: 300 }

const readOne = (body: string) => rowOf(createLineReader().read(logBatch([{ body }]), { nowMs, limits }), 0)

const two = (value: number) => String(value).padStart(2, '0')
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/)
const name = fc.array(word, { minLength: 2, maxLength: 4 }).map((words) => words.join('.'))
const level = fc.constantFrom(['TRACE', 1], ['DEBUG', 5], ['INFO', 9], ['WARN', 13], ['ERROR', 17], ['FATAL', 21])
const instant = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2099-12-31') })
/** Words that are neither pairs nor levels. */
const message = fc
  .array(fc.constantFrom('cart', 'is', 'slow', 'over', '17', '(again)', 'a:b', '100%'), { minLength: 1, maxLength: 8 })
  .map((words) => words.join(' '))

/** `yyyy-mm-dd hh:mm:ss.mmm` of a time in UTC, with the separators given. */
function stamp(ms: number, [date, between, fraction]: readonly [string, string, string]): string {
  return new Date(ms).toISOString().slice(0, -1).replaceAll('-', date).replace('T', between).replace('.', fraction)
}

describe('variations', () => {
  it('times with any offset are the same moment', () => {
    const offset = fc.integer({ min: -14 * 60, max: 14 * 60 })
    const form = fc.tuple(fc.constantFrom('-', '/'), fc.constantFrom('T', ' '), fc.constantFrom('.', ','), fc.boolean())
    fc.assert(
      fc.property(instant, offset, form, (ms, minutes, [date, between, fraction, hasColon]) => {
        const sign = minutes < 0 ? '-' : '+'
        const zone = [two(Math.floor(Math.abs(minutes) / 60)), two(Math.abs(minutes) % 60)].join(hasColon ? ':' : '')
        const { seconds } = readOne(`${stamp(ms + minutes * 60_000, [date, between, fraction])}${sign}${zone} x`)
        expect(Math.round(seconds * 1000)).toBe(ms)
      }),
      runs,
    )
  })

  it('access lines', () => {
    const target = fc.tuple(fc.array(word, { maxLength: 4 }), fc.option(word))
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND')
    const parts = fc.record({
      ip: fc.oneof(fc.ipV4(), fc.ipV6()),
      user: fc.option(word),
      ms: instant,
      method,
      target,
      status: fc.integer({ min: 100, max: 599 }),
      bytes: fc.nat(),
      agent: fc.option(fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/["\\]/g, ''))),
    })
    fc.assert(
      fc.property(parts, ({ ip, user, ms, method, target: [path, query], status, bytes, agent }) => {
        const at = new Date(ms)
        const date = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}`
        const uri = `/${path.join('/')}${query === null ? '' : `?${query}`}`
        const tail = agent === null ? '' : ` "-" "${agent}"`
        const line = `${ip} - ${user ?? '-'} [${date}:${at.toISOString().slice(11, 19)} +0000] "${method} ${uri} HTTP/1.1" ${status} ${bytes}${tail}`
        const row = readOne(line)
        expect(row.seconds).toBe(Math.floor(ms / 1000))
        expect(row.attributes).toEqual({
          'client.address': ip,
          ...(user === null ? {} : { 'user.name': user }),
          'http.request.method': method,
          'url.path': `/${path.join('/')}`,
          ...(query === null ? {} : { 'url.query': query }),
          'network.protocol.version': '1.1',
          'http.response.status_code': String(status),
          'http.response.body.size': String(bytes),
          ...(agent === null || agent === '' || agent === '-' ? {} : { 'user_agent.original': agent }),
        })
      }),
      runs,
    )
  })

  it('Java and Python lines in all orders of their parts', () => {
    const orders = [
      (time: string, l: string, logger: string, text: string) => `${time} ${l} [main-1] ${logger} - ${text}`,
      (time: string, l: string, logger: string, text: string) => `${time} [main-1] ${l.padEnd(5)} ${logger}: ${text}`,
      (time: string, l: string, logger: string, text: string) =>
        `${time}  ${l} 17 --- [main-1] ${logger.padEnd(40)} : ${text}`,
      (time: string, l: string, logger: string, text: string) => `${time} - ${logger} - ${l} - ${text}`,
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...orders),
        instant,
        level,
        name,
        message,
        (order, ms, [text, number], logger, rest) => {
          const row = readOne(order(stamp(ms, ['-', ' ', ',']), String(text), logger, rest))
          expect(Math.round(row.seconds * 1000)).toBe(ms)
          expect([row.severity, row.severityText]).toEqual([number, text])
          expect(row.attributes['log.logger']).toBe(logger)
        },
      ),
      runs,
    )
  })

  it('logfmt and JSON of the same fields say the same', () => {
    const key = fc.stringMatching(/^k[a-z0-9_.]{0,9}$/).filter((text) => !text.endsWith('.'))
    const value = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.integer(),
      fc.boolean(),
      fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 100),
    )
    fc.assert(
      fc.property(level, fc.dictionary(key, value, { minKeys: 2, maxKeys: 12 }), ([text], object) => {
        const fields: Record<string, unknown> = { level: text, ...object }
        const pairs = Object.entries(fields).map(([k, v]) => `${k}=${JSON.stringify(v)}`)
        const [fromJson, fromPairs] = [JSON.stringify(fields), pairs.join(' ')].map(readOne)
        expect({ ...fromPairs, body: '' }).toEqual({ ...fromJson, body: '' })
      }),
      runs,
    )
  })

  it('any line says the same with colours in it', () => {
    const lines = lineFormats.flatMap(({ examples }) => examples.map(({ line }) => line))
    const colour = fc.constantFrom('\u001b[0m', '\u001b[1;31m', '\u001b[38;5;208m', '\u001b[K')
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.array(fc.tuple(fc.nat(60), colour), { minLength: 1, maxLength: 6 }),
        (line, places) => {
          let coloured = line
          for (const [place, code] of places
            .map(([at, code]) => [Math.min(at, line.length), code] as const)
            .sort(([a], [b]) => b - a))
            coloured = coloured.slice(0, place) + code + coloured.slice(place)
          expect({ ...readOne(coloured), body: '' }).toEqual({ ...readOne(line), body: '' })
        },
      ),
      runs,
    )
  })

  it('a line cut off anywhere is kept', () => {
    const lines = lineFormats.flatMap(({ examples }) => examples.map(({ line }) => line))
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(300), (line, length) => {
        const cut = line.slice(0, length)
        const row = readOne(cut)
        expect(row.body).toBe(cut)
        for (const value of Object.values(row.attributes)) expect(value.length).toBeLessThanOrEqual(cut.length)
      }),
      runs,
    )
  })
})
