import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exprText, formatQuery } from '../format-expr.ts'
import { functions } from '../functions/registry.ts'
import { formatDuration, parseDurationMs } from './duration.ts'
import { parseQuery, parseSelector } from './parser.ts'
import { ParseError } from './position.ts'
import { aggregators } from './token.ts'

describe('an expression as it is understood', () => {
  it.each([
    ['1 + 2 * 3', '1 + 2 * 3'],
    ['(1 + 2) * 3', '(1 + 2) * 3'],
    ['-2 ^ 2', '-2 ^ 2'],
    ['0x1F + 1_000 + 1e3 + .5 + Inf + nan', '31 + 1000 + 1000 + 0.5 + +Inf + NaN'],
    ['5m', '5m'],
    ['"a\\nb"', '"a\\nb"'],
    ["'it\\'s'", '"it\'s"'],
    ['`raw\\n`', '"raw\\\\n"'],
    ['up # comment', 'up'],
    ['up{job="api",}', 'up{job="api"}'],
    ['{__name__="up", job!~"a|b"}', '{__name__="up",job!~"a|b"}'],
    ['{"metric.with.dots", "label name"="x"}', '{"label name"="x",__name__="metric.with.dots"}'],
    ['sum', 'sum'],
    ['SUM BY (job) (up)', 'sum by (job) (up)'],
    ['sum(up) without ("a b", c,)', 'sum without ("a b", c) (up)'],
    ['topk(3, up) by (job)', 'topk by (job) (3, up)'],
    ['rate(x[5m] offset 1h @ 100)', 'rate(x[5m] @ 100.000 offset 1h)'],
    ['x offset -90s @ end()', 'x @ end() offset -1m30s'],
    [
      'max_over_time(rate(x[1m])[1h:30s] @ start() offset 1d)',
      'max_over_time(rate(x[1m])[1h:30s] @ start() offset 1d)',
    ],
    ['x[step() * 2]', 'x[step() * 2]'],
    ['x[(5)] anchored offset -(2 * 1m)', 'x[(5)] anchored offset -(2 * 1m)'],
    ['x{b="1", a="2"} offset 90', 'x{a="2",b="1"} offset 1m30s'],
    ['x[max(1m, step())]', 'x[max_of(1m, step())]'],
    ['0755 + 0x1F + 1_000', '493 + 31 + 1000'],
    ['x[300]', 'x[5m]'],
    ['a == bool b', 'a == bool b'],
    ['a * on (x, y) group_left (z) b', 'a * on (x, y) group_left (z) b'],
    ['a / ignoring (x) group_right b', 'a / ignoring (x) group_right () b'],
    ['a + fill (0) b', 'a + fill (0) b'],
    ['a and on () b unless c or d', 'a and on () b unless c or d'],
    ['time()', 'time()'],
    ['a atan2 b', 'a atan2 b'],
  ])('%s', (query, wanted) => expect(exprText(parseQuery(query))).toBe(wanted))

  it.each([
    // query, the tree in brackets
    ['a + b + c', '((a + b) + c)'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['a or b and c', '(a or (b and c))'],
    ['a unless b and c', '((a unless b) and c)'],
    ['a == b > c', '((a == b) > c)'],
    ['a + b < c * d', '((a + b) < (c * d))'],
    ['-a ^ b', '-(a ^ b)'],
    ['-a * b', '(-a * b)'],
    ['a % b atan2 c', '((a % b) atan2 c)'],
  ])('binds %s', (query, wanted) => expect(brackets(parseQuery(query))).toBe(wanted))

  it('knows where everything stands', () => {
    const expr = parseQuery('sum(\n  rate(x[5m]))')
    expect(expr).toMatchObject({ start: 0, end: 19, inner: { start: 7, end: 18, args: [{ start: 12, end: 17 }] } })
  })

  it('keeps the selector of match[]', () => {
    expect(parseSelector('up{job="a"}').matchers).toHaveLength(2)
    expect(() => parseSelector('up offset 5m')).toThrow(ParseError)
    expect(() => parseSelector('1')).toThrow(ParseError)
  })
})

describe('a text that is no query', () => {
  it.each([
    ['', '1:1', 'no expression found in input'],
    ['# only a comment', '1:1', 'no expression found in input'],
    ['1 +', '1:4', 'unexpected end of input'],
    ['(1', '1:3', 'unclosed left parenthesis'],
    ['1)', '1:3', "unexpected right parenthesis ')'"],
    ['up{job="a"', '1:11', 'unexpected end of input inside braces'],
    ['up{job}', '1:7', 'unexpected "}" in label matching, expected label matching operator'],
    ['up{job=a}', '1:8', 'unexpected identifier "a" in label matching, expected string'],
    ['{}', '1:1', 'vector selector must contain at least one non-empty matcher'],
    ['{a=~".*"}', '1:1', 'vector selector must contain at least one non-empty matcher'],
    ['up{a=~"("}', '1:4', 'error parsing regexp: missing closing ): `(`'],
    ['up{__name__="x"}', '1:1', 'metric name must not be set twice: "up" or "x"'],
    ['1_e2', '1:1', 'bad number or duration syntax: "1_e"'],
    ['1e400', '1:1', 'value out of range'],
    ['x[5y1hs]', '1:3', 'unknown unit "hs" in duration "5y1hs"'],
    ['x[5m1h]', '1:3', 'not a valid duration string: "5m1h"'],
    ['x[5mm]', '1:3', 'bad number or duration syntax: "5mm"'],
    ['x[5s/0d]', '1:5', 'division by zero'],
    ['foo bar', '1:5', 'unexpected identifier "bar"'],
    ['a constructor b', '1:3', 'unexpected identifier "constructor"'],
    ['a __proto__ b', '1:3', 'unexpected identifier "__proto__"'],
    ['x[constructor(1,2)]', '1:3', 'unexpected identifier "constructor" in duration expression'],
    ['x[5m', '1:5', 'unclosed left bracket'],
    ['x[0s]', '1:3', 'duration must be greater than 0'],
    ['x[5x]', '1:3', 'bad number or duration syntax: "5"'],
    ['x[5m:0s]', '1:6', 'duration must be greater than 0'],
    ['sum(x)[5m]', '1:7', 'ranges only allowed for vector selectors'],
    ['x[5m][5m]', '1:6', 'ranges only allowed for vector selectors'],
    ['x offset 5m offset 5m', '1:1', 'offset may not be set multiple times'],
    ['x @ 1 @ 2', '1:1', '@ <timestamp> may not be set multiple times'],
    ['1 offset 5m', '1:1', 'offset modifier must be preceded by'],
    ['rate(x)', '1:6', 'expected type range vector in call to function "rate", got instant vector'],
    ['rate(x[5m], 1)', '1:1', 'expected 1 argument(s) in call to "rate", got 2'],
    ['nosuch(x)', '1:1', 'unknown function with name "nosuch"'],
    ['abs(x,)', '1:6', 'trailing commas not allowed in function call args'],
    ['sum(x, y)', '1:1', 'wrong number of arguments for aggregate expression provided, expected 1, got 2'],
    ['topk(x)', '1:1', 'wrong number of arguments for aggregate expression provided, expected 2, got 1'],
    ['sum("a")', '1:5', 'expected type instant vector in aggregation expression, got string'],
    ['1 == 1', '1:3', 'comparisons between scalars must use BOOL modifier'],
    ['a + bool b', '1:3', 'bool modifier can only be used on comparison operators'],
    ['1 and 2', '1:1', 'set operator "and" not allowed in binary scalar expression'],
    ['a and on(x) group_left b', '1:1', 'no grouping allowed for "and" operation'],
    ['a + on(x) group_left(x) b', '1:3', 'label "x" must not occur in ON and GROUP clause at once'],
    ['1 + on(x) 2', '1:1', 'vector matching only allowed between instant vectors'],
    ['-"a"', '1:1', 'unary expression only allowed on expressions of type scalar or instant vector'],
    ['"unclosed', '1:1', 'unterminated quoted string'],
    ['"\\q"', '1:1', "unknown escape sequence U+0071 'q'"],
    ['a == == b', '1:6', 'unexpected <op:==>'],
    ['sum(group_left)', '1:5', 'unexpected <group_left> in aggregation'],
    ['up =~ "a"', '1:4', "unexpected character after '=': '~'"],
    ['sum(x) (', '1:8', 'unexpected "("'],
    ['a "b"', '1:3', 'unexpected string "\\"b\\""'],
    ['a ! b', '1:3', "unexpected character after '!'"],
    ['a\n  + é', '2:5', "unexpected character: 'é'"],
    ['{"é"} $', '1:8', "unexpected character: '$'"],
  ])('%s', (query, place, detail) => {
    const error = failure(query)
    expect(error.message.startsWith(`${place}: parse error: `), error.message).toBe(true)
    expect(error.detail).toContain(detail)
  })

  it('refuses experimental functions where they are switched off', () => {
    expect(() => parseQuery('mad_over_time(x[5m])', { experimental: false })).toThrow(/experimental/)
    expect(() => parseQuery('limitk(1, x)', { experimental: false })).toThrow(/experimental/)
    expect(() => parseQuery('mad_over_time(x[5m])')).not.toThrow()
  })

  it.each([
    ['parentheses', '('.repeat(50_000)],
    ['nested parentheses', `${'('.repeat(5_000)}1${')'.repeat(5_000)}`],
    ['signs', `${'-'.repeat(50_000)}1`],
    ['a chain', Array.from({ length: 30_000 }, () => '1').join('+')],
    ['powers', Array.from({ length: 30_000 }, () => '1').join('^')],
    ['subqueries', `x${'[1m:]'.repeat(10_000)}`],
    ['durations', `x[${'('.repeat(10_000)}]`],
    ['digits', '1'.repeat(90_000)],
    ['an overlong text', ' '.repeat(100_001)],
  ])('refuses or reads %s in bounded depth and time', (_name, query) => expectValueOrPlace(query))
})

describe('random texts', () => {
  const words = [
    ...functions.map(({ name }) => name),
    ...aggregators,
    ...'by without on ignoring group_left group_right bool and or unless offset anchored smoothed start end'.split(' '),
    ...'constructor __proto__ toString hasOwnProperty valueOf step range min max fill inf nan atan2'.split(' '),
    ...'( ) { } [ ] , = != =~ !~ == < <= > >= + - * / % ^ @ : </ >/ # \n 1 0x 1e 5m 1h30m 1y .5 1_0 up x a:b'.split(
      ' ',
    ),
    ...['"a"', "'b'", '`c`', '"\\x', '"\\u00', 'é', '\ud800', '🙂', '\u0000'],
  ]
  const text = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(' '))
  const seeds = [
    'sum by (job) (rate(http_requests_total{code=~"5.."}[5m] offset 1h)) / on(job) group_left sum(x @ end())',
    'histogram_quantile(0.9, sum by (le) (rate(b_bucket[5m])))',
    'max_over_time(deriv(rate(x[1m])[5m:1m])[10m:])',
    'label_replace(up, "a", "$1", "b", "(.*)") == bool 1 or vector(1)',
    'quantile_over_time(0.5, {"a b", c!="d"}[max(1m, step())])',
  ]
  const mutated = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...words)), { maxLength: 4 }),
    )
    .map(([seed, edits]) =>
      edits.reduce((query, [at, kind, word]) => {
        const place = at % (query.length + 1)
        if (kind === 0) return query.slice(0, place) + query.slice(place + 1)
        if (kind === 1) return query.slice(0, place) + word + query.slice(place)
        if (kind === 2) return query.slice(0, place)
        return query.slice(0, place) + query.slice(place, place + 5) + query.slice(place)
      }, seed),
    )
  const options = { numRuns: 5000, seed: 20260101 }

  it('words: a tree or a place', () => fc.assert(fc.property(text, expectValueOrPlace), options))
  it('characters: a tree or a place', () =>
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), expectValueOrPlace), options))
  it('mutated queries: a tree or a place', () => fc.assert(fc.property(mutated, expectValueOrPlace), options))

  it('what is written out reads back the same', () => {
    fc.assert(
      fc.property(mutated, (query) => {
        const first = attempt(query)
        if (first === null) return
        expect(exprText(parseQuery(exprText(first)))).toBe(exprText(first))
        expect(exprText(parseQuery(formatQuery(first)))).toBe(exprText(first))
      }),
      options,
    )
  })

  it('durations read back equal', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toBe(ms)
      }),
      options,
    )
  })
})

describe('format_query', () => {
  it('breaks what is longer than a line', () => {
    const query =
      'sum by (job, instance) (rate(http_request_duration_seconds_count{job="api"}[5m])) / on(job) count by (job) (up)'
    expect(formatQuery(parseQuery(query))).toBe(
      [
        '  sum by (job, instance) (rate(http_request_duration_seconds_count{job="api"}[5m]))',
        '/ on (job)',
        '  count by (job) (up)',
      ].join('\n'),
    )
  })
})

function failure(query: string): ParseError {
  try {
    parseQuery(query)
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
  throw new Error(`${JSON.stringify(query)} was accepted`)
}

function attempt(query: string): ReturnType<typeof parseQuery> | null {
  try {
    return parseQuery(query)
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError)
    return null
  }
}

function expectValueOrPlace(query: string): void {
  try {
    parseQuery(query)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    expect(error.line).toBeGreaterThan(0)
    expect(error.column).toBeGreaterThan(0)
    expect(error.detail).not.toBe('')
  }
}

function brackets(expr: ReturnType<typeof parseQuery>): string {
  if (expr.kind === 'binary') return `(${brackets(expr.left)} ${expr.operator} ${brackets(expr.right)})`
  if (expr.kind === 'unary') return `${expr.operator}${brackets(expr.inner)}`
  return exprText(expr)
}
