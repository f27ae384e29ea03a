import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogBatch } from '../../model/batch.ts'
import { createLedger } from '../ledger.ts'
import { defaultIngestLimits } from '../limits.ts'
import { createPipeline } from '../pipeline.ts'
import { createLineReader, defaultLineSettings, maxLineBytes } from './line-reader.ts'
import { type LineRow, logBatch, rowOf } from './log-batch-suite.ts'
import { lineFormats } from './registry.ts'

const nowMs = Date.parse('2026-01-31T12:00:00Z')
const now = { nowMs, limits: defaultIngestLimits }
const noTrace = '0'.repeat(32)
const noSpan = '0'.repeat(16)

function readRows(rows: readonly LineRow[]): LogBatch {
  return createLineReader().read(logBatch(rows), now)
}

const readOne = (body: string, row: Omit<LineRow, 'body'> = {}) => rowOf(readRows([{ ...row, body }]), 0)

const examples = lineFormats.flatMap((format) =>
  format.examples.map((example) => ({ format: format.name, ...example })),
)

describe('examples of all formats', () => {
  it.each(examples)('$format: $line', ({ line, severity, time, traceId, spanId, attributes }) => {
    const row = readOne(line)
    expect(row.body).toBe(line)
    expect(row.attributes).toEqual(attributes ?? {})
    expect(row.severity).toBe(severity ?? 0)
    expect(row.traceId).toBe(traceId ?? noTrace)
    expect(row.spanId).toBe(spanId ?? noSpan)
    expect(row.seconds).toBeCloseTo(time === undefined ? 0 : Date.parse(time.replace(/(\.\d{3})\d+/, '$1')) / 1000, 2)
  })

  it.each(examples)('$format is the one that takes: $line', ({ format, line }) => {
    const reader = createLineReader()
    reader.read(logBatch(Array.from({ length: 20 }, () => ({ body: line }))), now)
    expect(reader.formatsOf(logBatch([{ body: line }]), 0)).toEqual([format])
  })

  it('has every file of the folder in the registry, each name once', () => {
    const files = readdirSync(new URL('./formats', import.meta.url)).filter((file) => !file.includes('.test.'))
    expect(lineFormats.map(({ name }) => `${name.replaceAll('_', '-')}.ts`).sort()).toEqual(files.sort())
  })
})

describe('what the sender gave', () => {
  const line =
    '2026-01-31 11:00:00,123 ERROR [main] com.shop.Cart - no trace_id=0af7651916cd43dd8448eb211c80319c cart=7'

  it('keeps severity, time, ids and attributes', () => {
    const given = {
      time: BigInt(nowMs) * 1_000_000n,
      severityNumber: 5,
      traceId: '11'.repeat(16),
      attributes: { cart: 'mine', 'thread.name': 'given' },
    }
    const row = readOne(line, given)
    expect(row.seconds).toBe(nowMs / 1000)
    expect([row.severity, row.severityText]).toEqual([5, ''])
    expect([row.traceId, row.spanId]).toEqual([given.traceId, noSpan])
    expect(row.attributes).toEqual({
      ...given.attributes,
      'log.logger': 'com.shop.Cart',
      trace_id: row.attributes.trace_id,
    })
  })

  it('keeps a severity that is only in words, and a span id without a trace', () => {
    const row = readOne(line, { severityText: 'Fehler', spanId: '22'.repeat(8) })
    expect([row.severity, row.severityText]).toEqual([0, 'Fehler'])
    expect([row.traceId, row.spanId]).toEqual([noTrace, '22'.repeat(8)])
  })

  it('leaves records alone that are structured, have a map as body, or whose receiver is switched off', () => {
    const many = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`k${i}`, 'v']))
    expect(readOne(line, { attributes: many }).severity).toBe(0)
    expect(readOne('{"level":"error"}', { bodyType: 'm' })).toMatchObject({ severity: 0, attributes: {} })
    const off = createLineReader(() => ({ ...defaultLineSettings, isOn: false }))
    const batch = logBatch([{ body: line }])
    expect(off.read(batch, now)).toBe(batch)
  })

  it('never overwrites, and keeps every body byte for byte (property)', () => {
    const text = fc.oneof(
      fc.constantFrom(...examples.map((example) => example.line)),
      fc.string({ unit: 'binary', maxLength: 80 }),
    )
    const row = fc.record({
      body: fc.oneof(
        text,
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      ),
      resource: fc.nat(3),
      time: fc.constantFrom(0n, 1_769_860_000_000_000_000n),
      severityNumber: fc.nat(24),
      severityText: fc.constantFrom('', 'Info', 'ERROR'),
      traceId: fc.constantFrom(noTrace, '3f'.repeat(16)),
      spanId: fc.constantFrom(noSpan, '4a'.repeat(8)),
      attributes: fc.dictionary(fc.constantFrom('cart', 'user', 'msg', 'log.logger', 'x'), fc.string({ maxLength: 5 })),
    })
    const reader = createLineReader()
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (rows) => {
        const given = logBatch(rows)
        const before = rows.map((_, i) => rowOf(given, i))
        const bytes = Buffer.from(given.body.data)
        const read = reader.read(given, now)
        expect(read.rowCount).toBe(rows.length)
        expect(Buffer.from(read.body.data).equals(bytes)).toBe(true)
        expect(read.body.offsets).toEqual(given.body.offsets)
        for (const [i, was] of before.entries()) {
          const is = rowOf(read, i)
          expect(is.attributes).toMatchObject(was.attributes)
          expect(is.types).toHaveLength(Object.keys(is.attributes).length)
          if (was.seconds !== 0) expect(is.seconds).toBe(was.seconds)
          if (was.severity !== 0 || was.severityText !== '')
            expect([is.severity, is.severityText]).toEqual([was.severity, was.severityText])
          if (was.traceId !== noTrace || was.spanId !== noSpan)
            expect([is.traceId, is.spanId]).toEqual([was.traceId, was.spanId])
        }
      }),
      { seed: 6, numRuns: 300 },
    )
  })
})

describe('trace and span ids in text', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const span = 'b7ad6b7169203331'
  it.each([
    [`paid trace_id=${trace} span_id=${span}`, trace, span],
    [`paid traceId: "${trace}", spanId: "${span}"`, trace, span],
    [`paid [trace.id=${trace}] [span.id=${span}]`, trace, span],
    [`paid TraceID=${trace.toUpperCase()}`, trace, noSpan],
    [`GET / traceparent: 00-${trace}-${span}-01`, trace, span],
    [`paid X-B3-TraceId: ${trace} X-B3-SpanId: ${span}`, trace, span],
    [`paid X-B3-TraceId: ${span}`, `${noSpan}${span}`, noSpan],
    [
      '[dd.service=x dd.trace_id=5208512171318403364 dd.span_id=18446744073709551615] paid',
      `${noSpan}48485a3953bb6124`,
      'ffffffffffffffff',
    ],
    [`{"msg":"x","trace":{"id":"${trace}"},"span":{"id":"${span}"}}`, trace, span],
    [`{"msg":"nested \\"trace_id\\":\\"${trace}\\""}`, trace, noSpan],
    ['paid trace_id=none', noTrace, noSpan],
    [`paid trace_id=${noTrace}`, noTrace, noSpan],
    [`paid trace_id=${trace}0`, noTrace, noSpan],
    [`tracing ${trace}`, noTrace, noSpan],
    ['embrace trace', noTrace, noSpan],
  ])('%s', (line, traceId, spanId) => {
    expect(readOne(line)).toMatchObject({ traceId, spanId })
  })

  it('takes the flags of traceparent', () => {
    const batch = readRows([{ body: `traceparent=00-${trace}-${span}-01` }])
    expect(batch.flags[0]).toBe(1)
  })
})

describe('severity in text of no known form', () => {
  it.each([
    ['disk ERROR on sda', 17],
    ['<warn> low memory', 13],
    ['service [critical] down', 21],
    ['fatal: not a git repository', 21],
    ['no errors found', 0],
    ['the warning light is on', 0],
    ['ERROR_CODE 17', 0],
    ['a.error: x', 0],
    ['\tat com.shop.ERROR: x', 0],
  ])('%s', (line, severity) => {
    expect(readOne(line).severity).toBe(severity)
  })
})

describe('times', () => {
  const time = (line: string) => {
    const { seconds } = readOne(line)
    return seconds === 0 ? null : new Date(Math.round(seconds * 1000)).toISOString()
  }
  it.each([
    ['2026-01-31T13:30:00+01:45 x', '2026-01-31T11:45:00.000Z'],
    ['2026-01-31 11:00:00,5 x', '2026-01-31T11:00:00.500Z'],
    ['2026/01/31 11:00:00 x', '2026-01-31T11:00:00.000Z'],
    ['{"ts":1769857200.25}', '2026-01-31T11:00:00.250Z'],
    ['{"time":1769857200250000000}', '2026-01-31T11:00:00.250Z'],
    ['{"time":"1769857200250000"}', '2026-01-31T11:00:00.250Z'],
    ['Jan 30 23:59:59 web-1 sshd[1]: x', '2026-01-30T23:59:59.000Z'],
    ['I0131 11:00:00.000001       1 a.go:1] x', '2026-01-31T11:00:00.000Z'],
    ['11:59:59.5 [main] INFO a.B - x', '2026-01-31T11:59:59.500Z'],
    ['2026-13-31 11:00:00 x', null],
    ['2026-01-31 25:00:00 x', null],
  ])('%s', (line, wanted) => expect(time(line)).toBe(wanted))

  it('is not used where the row would be rejected for it', () => {
    expect(time('2005-12-04T04:47:44Z old')).toBe(null)
    expect(time('2026-01-31T13:00:00Z ahead, as a local time without zone may seem')).toBe(null)
  })

  it('finds the year of a date without one across new year', () => {
    const reader = createLineReader()
    const newYear = { nowMs: Date.parse('2026-01-01T00:00:10Z'), limits: defaultIngestLimits }
    const row = rowOf(reader.read(logBatch([{ body: 'Dec 31 23:59:59 web-1 sshd[1]: x' }]), newYear), 0)
    expect(new Date(row.seconds * 1000).toISOString()).toBe('2025-12-31T23:59:59.000Z')
  })
})

describe('colours', () => {
  it('are not seen, and stay in the body', () => {
    const line = '\u001b[90m11:59:59.123\u001b[39m [main] \u001b[1;31mERROR\u001b[0m a.B - no cart=\u001b[36m7\u001b[0m'
    expect(readOne(line)).toMatchObject({
      body: line,
      severityText: 'ERROR',
      attributes: { 'thread.name': 'main', 'log.logger': 'a.B', cart: '7' },
    })
  })
})

describe('stack traces in one record', () => {
  it.each([
    [
      'Java',
      '12:00:00.000 [main] ERROR a.B - failed\njava.lang.IllegalStateException: no cart\n\tat a.B.c(B.java:1)\nCaused by: x.Y\n\tat q.R',
      ['java.lang.IllegalStateException', 'no cart'],
    ],
    [
      'Java, uncaught',
      'Exception in thread "main" java.lang.Error\n\tat a.B.main(B.java:3)',
      ['java.lang.Error', undefined],
    ],
    [
      'Node',
      'TypeError: x is not a function\n    at Object.<anonymous> (/app/a.js:1:7)',
      ['TypeError', 'x is not a function'],
    ],
    [
      'Python',
      'ERROR:app:failed\nTraceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nshop.errors.NoCart: 7\n',
      ['shop.errors.NoCart', '7'],
    ],
    ['Go', 'panic: no cart\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:4 +0x1d', ['panic', 'no cart']],
  ])('%s', (_name, body, [type, message]) => {
    const { attributes } = readOne(body)
    expect(attributes['exception.type']).toBe(type)
    expect(attributes['exception.message']).toBe(message)
    expect(body).toContain(attributes['exception.stacktrace'])
  })
})

it('text of several lines that is no stack trace is none', () => {
  expect(readOne('Agenda: today\n  at the office\n  at noon').attributes).toEqual({})
})

describe('what is learned', () => {
  const json = (i: number) => ({ body: `{"level":"info","n":${i}}` })
  const access = (i: number) => ({
    body: `10.0.0.${i % 250} - - [31/Jan/2026:12:00:00 +0000] "GET /${i} HTTP/1.1" 200 5`,
  })
  const read = (rows: readonly LineRow[], reader = createLineReader()) => {
    const batch = reader.read(logBatch(rows), now)
    return {
      reader,
      structured: rows.filter((_, i) => Object.keys(rowOf(batch, i).attributes).length > 0).length,
      batch,
    }
  }
  const range = (count: number, row: (i: number) => LineRow) => Array.from({ length: count }, (_, i) => row(i))

  it('changes when a source changes its form', () => {
    const { reader, structured } = read(range(100, json))
    expect(structured).toBe(100)
    const after = read(range(100, access), reader)
    expect(after.structured).toBeGreaterThan(90)
    expect(reader.formatsOf(after.batch, 0)).toEqual(['http_access'])
  })

  it('holds several formats that one source mixes', () => {
    const { structured, reader, batch } = read(range(200, (i) => (i % 3 === 0 ? json(i) : access(i))))
    expect(structured).toBe(200)
    expect(reader.formatsOf(batch, 0)).toEqual(['json', 'http_access'])
  })

  it('keeps sources apart by resource and by file', () => {
    const file = (name: string) => ({ 'log.file.path': name })
    const { reader, batch } = read([
      ...range(20, (i) => ({ ...json(i), resource: 0 })),
      ...range(20, (i) => ({ ...access(i), resource: 1 })),
      ...range(20, (i) => ({ ...access(i), resource: 0, attributes: file('/a') })),
    ])
    expect([0, 20, 40].map((row) => reader.formatsOf(batch, row))).toEqual([['json'], ['http_access'], ['http_access']])
  })

  it('finds the form of a source that began with lines of none', () => {
    const { reader } = read(range(40, (i) => ({ body: `starting step ${i}` })))
    const { structured } = read(range(200, json), reader)
    expect(structured).toBeGreaterThan(150)
  })

  it('finds a better form behind a loose one that fits all lines', () => {
    const { reader } = read(range(20, (i) => ({ body: `up step=${i}` })))
    const java = (i: number) => ({ body: `11:59:59.000 [main] INFO a.B - up step=${i}` })
    const { batch } = read(range(400, java), reader)
    expect(reader.formatsOf(batch, 0)).toContain('java')
  })

  it('does not tire of stack traces between the lines', () => {
    const lines = range(400, (i) =>
      i % 4 === 0 ? { body: '11:59:59.000 [main] INFO a.B - up' } : { body: '\tat a.B.c(B.java:1)' },
    )
    const { batch } = read(lines)
    for (let row = 0; row < 400; row += 4) expect(rowOf(batch, row).attributes['thread.name']).toBe('main')
  })
})

describe('hostile lines', () => {
  it('never throw, and never find more than a line holds (fuzz)', () => {
    const reader = createLineReader()
    const pieces = fc.constantFrom(
      ...examples.map(({ line }) => line),
      ' ',
      '"',
      '\\',
      '[',
      ']',
      '{',
      '}',
      '=',
      ':',
      '\n',
      '\u001b[',
      '\u001b',
      'race',
      'trace_id=',
      '-',
      '\t',
      '0',
      'a',
    )
    const cut = fc
      .tuple(pieces, fc.nat(200), fc.nat(200))
      .map(([text, from, length]) => text.slice(from, from + length) || text)
    const line = fc
      .array(fc.oneof(pieces, cut, fc.string({ unit: 'binary', maxLength: 10 })), { maxLength: 12 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const batch = reader.read(logBatch(lines.map((body) => ({ body }))), now)
        expect(batch.attributes.offsets).toHaveLength(lines.length + 1)
        for (const [i, body] of lines.entries()) {
          const row = rowOf(batch, i)
          const found = Object.values(row.attributes).reduce((sum, value) => sum + value.length, 0)
          expect(found).toBeLessThanOrEqual(3 * body.length + 64)
        }
      }),
      { seed: 6, numRuns: 2_000 },
    )
  })

  it.each([
    ['braces', '{"a":'.repeat(50_000)],
    ['brackets', `{"a":${'['.repeat(100_000)}`],
    ['quotes', 'a="'.repeat(50_000)],
    ['equals', 'a='.repeat(50_000)],
    ['escapes', '\u001b['.repeat(50_000)],
    ['trace', 'trace_id='.repeat(20_000)],
    ['spans', `trace_id=${'a'.repeat(32)} ${'span_id='.repeat(20_000)}`],
    ['newlines', '\n'.repeat(100_000)],
    ['frames', 'x\n at a:1'.repeat(20_000)],
    ['commas', `2026/01/31 12:00:00 [error] 1#1: ${', '.repeat(50_000)}`],
    ['colons', `2026-01-31 12:00:00 UTC ${':'.repeat(100_000)}`],
  ])('of 100 kB and more of %s take no more time than others', (_name, body) => {
    const batch = readRows([{ body }, { body: '{"level":"info","n":1}' }])
    expect(rowOf(batch, 0).body).toBe(body)
    expect(rowOf(batch, 1).attributes).toEqual({ n: '1' })
  })

  it('are looked at in their first part only', () => {
    const row = readOne(`up at=once ${'x'.repeat(maxLineBytes)} late=1`)
    expect(row.attributes).toEqual({ at: 'once' })
  })

  it('of more fields than a line may give keep the rest in the body', () => {
    const row = readOne(Array.from({ length: 300 }, (_, i) => `k${i}=${i}`).join(' '))
    expect(Object.keys(row.attributes)).toHaveLength(128)
  })
})

describe('JSON', () => {
  it.each([
    [
      'types',
      '{"i":-7,"d":1.5,"e":1e3,"big":12345678901234567890,"long":9007199254740993,"b":true,"n":null,"a":[1,"x"],"s":"a\\n\\u00e4"}',
      {
        i: '-7',
        d: '1.5',
        e: '1000',
        big: '12345678901234567000',
        long: '9007199254740993',
        b: 'true',
        n: '',
        a: '[1,"x"]',
        s: 'a\nä',
      },
      'ididibnas',
    ],
    ['nothing', '{}', {}, ''],
    ['over lines', '{\n  "a": {\n "b": 1 }\n}\n', { 'a.b': '1' }, 'i'],
    ['a key twice: the last', '{"a":1,"a":2}', { a: '2' }, 'i'],
    ['level and time that are none', '{"level":"purple","time":"noon"}', { level: 'purple', time: 'noon' }, 'ss'],
  ])('%s', (_name, body, attributes, types) => {
    expect(readOne(body)).toMatchObject({ attributes, types })
  })

  it.each([
    '{"a":1',
    '{"a":1}}',
    '{"a":01}',
    '{"a":+1}',
    '{a:1}',
    '{"a":1,}',
    '{"a":[1}',
    '{"a":"\\x"}',
    '{"a" 1}',
    '{"a":nul}',
  ])('takes nothing from %s', (body) => expect(readOne(body).attributes).toEqual({}))

  it('finds in any object what JSON.parse finds (property)', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean())
    const key = fc.stringMatching(/^k[a-z0-9_]{0,9}$/)
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 20 }), (object) => {
        const { attributes } = readOne(JSON.stringify(object))
        const wanted = Object.entries(object).map(([name, v]) => [
          name,
          typeof v === 'string' ? v.toWellFormed() : String(Object.is(v, -0) ? 0 : v),
        ])
        expect(attributes).toEqual(Object.fromEntries(wanted))
      }),
      { seed: 6, numRuns: 500 },
    )
  })
})

describe('through the pipeline', () => {
  it('lines are read before they are judged and stored', async () => {
    const stored: LogBatch[] = []
    const clock = { nowMs: () => nowMs, after: () => () => {} }
    const ledger = createLedger(clock)
    const sink = {
      append: async (batch: unknown) => {
        stored.push(batch as LogBatch)
        return { acceptedRows: 2, rejections: [] }
      },
    }
    const pipeline = createPipeline({ sink, ledger, clock, limits: () => defaultIngestLimits })
    const rows = [{ body: 'E0131 11:00:00.000000 1 a.go:7] no' }, { body: '2005-12-04T04:47:44Z INFO old' }]
    const outcome = await pipeline.append(logBatch(rows))
    expect(outcome).toMatchObject({ acceptedRows: 2, rejections: [] })
    const [first, second] = rows.map((_, i) => rowOf(stored[0], i))
    expect(first).toMatchObject({ ...rows[0], severity: 17, severityText: 'ERROR', seconds: nowMs / 1000 - 3600 })
    expect(first.attributes).toMatchObject({ 'code.file.path': 'a.go', 'code.line.number': '7' })
    expect(second).toMatchObject({ ...rows[1], severity: 9, severityText: 'INFO', seconds: nowMs / 1000 })
  })
})

it('docs/log-lines.md names every format', () => {
  const page = readFileSync(new URL('../../../docs/log-lines.md', import.meta.url), 'utf8')
  for (const { name } of lineFormats) expect(page).toContain(`| \`${name}\` |`)
})
