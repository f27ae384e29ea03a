import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pipelineBounds } from '../record/bounds.ts'
import { StageFault } from '../record/stage-fault.ts'
import { outcomeOf, pipelineOf } from '../user/pipelines-suite.ts'
import { readCsvRow } from './csv-row.ts'
import { compileDissect } from './dissect-pattern.ts'
import { compileGrok } from './grok-pattern.ts'
import { grokPatterns } from './grok-patterns.ts'
import { readJsonObject } from './json-object.ts'
import { readLogfmt } from './logfmt-pairs.ts'
import { FoundAttributes } from './parsed-fields.ts'

const seed = 20_261_123

/** What one stage makes of a line: its attributes, or the failure. */
function made(stage: Readonly<Record<string, unknown>>, body: string): Record<string, string> | string {
  const { after, failure } = outcomeOf(pipelineOf([stage]), { body })
  if (failure !== '') return failure.replace(/^.*?: stages\[0\] \w+: /, '')
  return { ...after.attributes, ...(after.severity === '' ? {} : { severity: after.severity }) }
}

describe('grok', () => {
  const grok = (pattern: string, body: string) => made({ type: 'grok', patterns: [pattern] }, body)

  it.each([
    ['%{IPV4:a}', 'from 203.0.113.77 on', { a: '203.0.113.77' }],
    ['%{IP:a}$', 'from 2001:db8::ff00:42:8329', { a: '2001:db8::ff00:42:8329' }],
    ['%{IPORHOST:a} up', 'db-1.example.com up', { a: 'db-1.example.com' }],
    ['%{NUMBER:a:float}', 'took -1.50e2 s', { a: '-150' }],
    ['%{INT:a:int}', 'n=+007', { a: '7' }],
    ['%{WORD:a:int}', 'x y', { a: 'x' }],
    ['%{QUOTEDSTRING:a}', String.raw`say "a \"b\" c" now`, { a: String.raw`"a \"b\" c"` }],
    ['%{UUID:a}', 'id 123e4567-e89b-12d3-a456-426614174000.', { a: '123e4567-e89b-12d3-a456-426614174000' }],
    ['%{UNIXPATH:a}$', 'open /var/log/x y/z.log', { a: '/z.log' }],
    ['%{URI:a} ', 'get https://u:p@example.com:8080/a/b?c=d#e now', 'no pattern is found'],
    ['%{URI:a}', 'get https://example.com:8080/a/b?c=d now', { a: 'https://example.com:8080/a/b?c=d' }],
    ['%{TIMESTAMP_ISO8601:a}', 'at 2026-01-31T12:00:00.123+01:00 x', { a: '2026-01-31T12:00:00.123+01:00' }],
    ['%{HTTPDATE:a}', '[31/Jan/2026:12:00:00 +0100]', { a: '31/Jan/2026:12:00:00 +0100' }],
    [
      '%{SYSLOGBASE} %{GREEDYDATA:a}',
      'Jan 31 11:58:01 web-1 sshd[2420]: Accepted',
      {
        ...{ host: 'web-1', appname: 'sshd', 'process.pid': '2420', a: 'Accepted' },
      },
    ],
    ['%{LOGLEVEL:severity}', 'x [Warning] y', { severity: 'Warning' }],
    ['^%{LOGLEVEL:level} ', 'sever y', 'no pattern is found'],
    ['a=(?P<a>[0-9]+) %{WORD:b}', 'a=7 x', { a: '7', b: 'x' }],
    ['(%{WORD:a}|%{INT:a}) end', '- 17 end', { a: '17' }],
    [
      '%{COMMONAPACHELOG}',
      '203.0.113.7 - ann [31/Jan/2026:12:00:00 +0100] "GET /c?d HTTP/1.1" 200 -',
      {
        ...{
          'client.address': '203.0.113.7',
          'user.name': 'ann',
          'http.request.method': 'GET',
          'url.original': '/c?d',
        },
        ...{ 'network.protocol.version': '1.1', 'http.response.status_code': '200' },
      },
    ],
    [
      '%{COMMONAPACHELOG}',
      '::1 - - [31/Jan/2026:12:00:00 +0100] "\\x16\\x03" 400 157',
      {
        ...{ 'client.address': '::1', 'user.name': '-', 'http.response.status_code': '400' },
        ...{ 'http.response.body.size': '157' },
      },
    ],
  ])('%s on %j', (pattern, body, wanted) => {
    expect(grok(pattern, body)).toEqual(wanted)
  })

  it.each([
    ['%{NUMBR:a}', 'there is no pattern NUMBR; did you mean NUMBER?'],
    ['%{WORD:a:integer}', '"integer" is no kind of value; expected one of string, int, float, bool'],
    ['%{WORD:a', '"%{WORD:a" is not a name; expected %{NAME}, %{NAME:field} or %{NAME:field:int}'],
    ['%{WORD:resource.x}', 'resource.x is of the resource; expected the name of an attribute'],
    ['(?<=x)%{WORD:a}', 'expected a regular expression of RE2'],
    ['(', 'expected a regular expression of RE2'],
    ['(?:a{1000}){1000}', 'invalid repeat count'],
    [Array.from({ length: 65 }, (_, i) => `%{WORD:a${i}}`).join(' '), 'has 65 captures; expected at most 64'],
  ])('%s is refused', (pattern, words) => {
    expect(() => compileGrok(pattern, {}, 'patterns[0]')).toThrow(words)
  })

  it('does not go round in circles, nor grow without bound', () => {
    expect(() => compileGrok('%{A}', { A: '%{B}', B: 'x%{A}' }, 'p')).toThrow('A is defined by itself')
    const doubling = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`L${i}`, `%{L${i + 1}}%{L${i + 1}}`]))
    expect(() => compileGrok('%{L0}', { ...doubling, L14: 'abcdefghij' }, 'p')).toThrow('with all that it names')
  })

  it.each(Object.keys(grokPatterns))('knows %s', (name) => {
    expect(() => compileGrok(`%{${name}}`, {}, 'p')).not.toThrow()
  })

  it('answers any pattern and any line with fields or words', () => {
    const piece = fc.constantFrom(
      '%{',
      '}',
      ':',
      'WORD',
      'INT',
      'int',
      '(',
      ')',
      '?P<a>',
      '*',
      '+',
      '[',
      ']',
      '\\',
      'x',
      '|',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 60 }), (pieces, line) => {
        try {
          const { expression, captures } = compileGrok(pieces.join(''), {}, 'p')
          const matcher = expression.matcher(line)
          if (matcher.find()) for (const { group } of captures) matcher.group(group)
        } catch (error) {
          expect(error).toBeInstanceOf(StageFault)
        }
      }),
      { seed, numRuns: 400 },
    )
  })
})

describe('dissect', () => {
  const dissect = (pattern: string, body: string, separator = '') =>
    made({ type: 'dissect', pattern, append_separator: separator }, body)

  it.each([
    ['%{a} %{b} %{c}', 'one two three four', { a: 'one', b: 'two', c: 'three four' }],
    ['[%{a}] %{}: %{b}', '[x] y: z', { a: 'x', b: 'z' }],
    ['%{a->} %{b}', 'x     y', { a: 'x', b: 'y' }],
    ['%{a->}, %{b}', 'x, , , y', { a: 'x', b: 'y' }],
    ['%{+a/2},%{+a/1}', 'x,y', { a: 'y-x' }],
    ['%{*k}=%{&k} rest', 'user=ann rest', { user: 'ann' }],
    ['%{?skip} %{a}', 'x y', { a: 'y' }],
    ['a=%{a} b=%{b}', 'a= b=2', { b: '2' }],
    ['%{level} %{a}', 'WARN x', { severity: 'WARN', a: 'x' }],
    ['%{level} %{a}', 'loud x', { level: 'loud', a: 'x' }],
    ['x %{a}', 'y z', 'the line does not begin with "x "'],
    ['%{a}; %{b}', 'no end', '"; " is not found'],
  ])('%s on %j', (pattern, body, wanted) => {
    expect(dissect(pattern, body, '-')).toEqual(wanted)
  })

  it.each([
    ['plain', 'names nothing'],
    ['%{a}%{b}', 'nothing stands between %{a} and %{b}'],
    ['%{*a} %{b}', 'a has only one half of its pair'],
    ['%{+} %{b}', '%{+} has no name'],
  ])('%s is refused', (pattern, words) => {
    expect(() => compileDissect(pattern, '', 'pattern')).toThrow(words)
  })

  it('takes apart what was put together with text that no value holds', () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '%', 'é'), minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
        const pattern = values.map((_, i) => `%{k${i}}`).join('|')
        expect(dissect(pattern, values.join('|'))).toEqual(Object.fromEntries(values.map((text, i) => [`k${i}`, text])))
      }),
      { seed, numRuns: 100 },
    )
  })

  it('answers any pattern and any line with fields or words', () => {
    const piece = fc.constantFrom('%{', '}', '+', '/1', '->', '*', '&', '?', 'a', 'b', ' ', '|')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.string({ maxLength: 40 }), (pieces, line) => {
        try {
          compileDissect(pieces.join(''), '', 'p').apply(
            { set: () => null } as unknown as Parameters<ReturnType<typeof compileDissect>['apply']>[0],
            line,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(StageFault)
        }
      }),
      { seed, numRuns: 1000 },
    )
  })
})

describe('CSV', () => {
  const layout = { separator: ',', quote: '"' }

  it.each([
    ['a,b,,d', ['a', 'b', '', 'd']],
    ['"a,b","c ""d"" e"', ['a,b', 'c "d" e']],
    ['"a\nb",c', ['a\nb', 'c']],
    ['', ['']],
    [',', ['', '']],
    ['"",""', ['', '']],
    ['a"b,c', ['a"b', 'c']],
    ['"a', null],
    ['"a"b,c', null],
    ['"a""', null],
  ])('%j', (text, wanted) => {
    expect(readCsvRow(text, layout, 64)).toEqual(wanted)
  })

  it('reads back any row that was written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'ß') })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 10 }), (cells) => {
        const text = cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')
        expect(readCsvRow(text, layout, 64)).toEqual(cells)
      }),
      { seed, numRuns: 500 },
    )
  })

  it('answers any text, and reads no further than one column too many', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"') }), fc.integer({ min: 1, max: 3 }), (text, most) => {
        const row = readCsvRow(text, layout, most)
        if (row !== null) expect(row.length).toBeLessThanOrEqual(most + 1)
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('fails where the number of columns differs, unless told otherwise', () => {
    const columns = ['a', 'b']
    expect(made({ type: 'csv', columns }, '1')).toBe('the row has 1 columns, not 2')
    expect(made({ type: 'csv', columns }, '1,2,3')).toBe('the row has more columns, not 2')
    expect(made({ type: 'csv', columns, exact: false }, '1')).toEqual({ a: '1' })
    expect(made({ type: 'csv', columns, exact: false }, '1,2,3\r\n')).toEqual({ a: '1', b: '2' })
  })
})

describe('JSON', () => {
  it.each([
    ['{"a":9007199254740993,"b":-9223372036854775808}', { a: '9007199254740993', b: '-9223372036854775808' }],
    ['{"a":12345678901234567890}', { a: '12345678901234567000' }],
    ['{"a":1.5,"b":-0,"c":1e400}', { a: '1.5', b: '-0', c: 'Infinity' }],
    ['{"a":{"b":{}},"c":null,"d":[1,{"e":2}]}', { c: '', d: '[1,{"e":2}]' }],
    ['{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}', { 'a.a.a.a.a.a.a.a': '{"a":1}' }],
    ['[1]', 'it is no JSON object'],
    ['{"a":', 'it is no JSON object'],
    ['null', 'it is no JSON object'],
  ])('%s', (body, wanted) => {
    expect(made({ type: 'json' }, body)).toEqual(wanted)
  })

  it('takes no more attributes than a line may have, and marks the line', () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])))
    const { after, failure } = outcomeOf(pipelineOf([{ type: 'json' }]), { body })
    expect(failure).toContain('the line has 256 attributes already')
    expect(Object.keys(after.attributes)).toHaveLength(pipelineBounds.attributesPerLine + 1)
  })

  it('answers any value and any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue().map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        (text) => {
          const found = new FoundAttributes()
          const fault = readJsonObject(text, found)
          if (fault !== null) expect(found.count).toBe(0)
        },
      ),
      { seed, numRuns: 1000 },
    )
  })
})

describe('logfmt', () => {
  it.each([
    ['a=1 b="x y" c', { a: '1', b: 'x y' }],
    [String.raw`a="x \"y\" \n" b=`, { a: 'x "y" \n', b: '' }],
    ['a="open b=2', { a: '"open', b: '2' }],
    ['a="x"y b=2', { a: '"x"y', b: '2' }],
    ['=1 a==2', { a: '=2' }],
    ['a=1 a=2', { a: '2' }],
    ['nothing here', 'there is no key=value'],
  ])('%j', (body, wanted) => {
    expect(made({ type: 'logfmt' }, body)).toEqual(wanted)
  })

  it('reads back any pairs that were written', () => {
    const key = fc.stringMatching(/^[a-z.]{1,8}$/)
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.string({ unit: 'binary', maxLength: 10 }), { minKeys: 1, maxKeys: 8 }),
        (pairs) => {
          const found = new FoundAttributes()
          readLogfmt(
            Object.entries(pairs)
              .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
              .join(' '),
            found,
          )
          expect(found.count).toBe(Object.keys(pairs).length)
        },
      ),
      { seed, numRuns: 500 },
    )
  })

  it('answers any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', '"', '\\', ' ', '\n', '\u0000') }), (text) => {
        readLogfmt(text, new FoundAttributes())
      }),
      { seed, numRuns: 2000 },
    )
  })
})
