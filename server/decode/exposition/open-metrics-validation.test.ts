import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../model/sink.ts'
import { validateOpenMetrics } from './open-metrics-validation.ts'

const seed = 20_261_123

/** Lines with `# EOF` behind them. */
function exposition(...lines: string[]): string {
  return [...lines, '# EOF', ''].join('\n')
}

const bucket = (le: string, value: number): string => `h_bucket{le="${le}"} ${value}`

describe('validateOpenMetrics', () => {
  const accepted: readonly (readonly [string, string])[] = [
    ['nothing at all', '# EOF\n'],
    ['no line feed at the end', 'up 1\n# EOF'],
    ['a sample without metadata', exposition('up 1')],
    ['a counter with its start', exposition('# TYPE c counter', 'c_total 5 12.5', 'c_created 1.5 12.5')],
    [
      'metadata in any order',
      exposition('# UNIT t_seconds seconds', '# HELP t_seconds Time.', '# TYPE t_seconds gauge', 't_seconds 2'),
    ],
    ['empty HELP and UNIT', exposition('# HELP a ', '# UNIT a ')],
    ['escapes', exposition('# HELP a b\\nc\\\\', 'a{l="\\"\\\\\\n"} 1')],
    ['names in quotes', exposition('# TYPE "http.latency" gauge', '{"http.latency","a.b"="c"} 1')],
    [
      'a whole histogram',
      exposition('# TYPE h histogram', bucket('0.5', 1), bucket('+Inf', 2), 'h_count 2', 'h_sum 1.5'),
    ],
    [
      'two metrics of a histogram, one after the other',
      exposition('# TYPE h histogram', 'h_bucket{a="1",le="+Inf"} 1', 'h_bucket{a="2",le="+Inf"} 2'),
    ],
    [
      'a gauge histogram below zero',
      exposition('# TYPE h gaugehistogram', bucket('-1', 1), bucket('+Inf', 1), 'h_gcount 1', 'h_gsum -2'),
    ],
    ['a summary', exposition('# TYPE s summary', 's{quantile="0.99"} NaN', 's_sum 1', 's_count 1')],
    [
      'info and stateset',
      exposition('# TYPE i info', 'i_info{v="1"} 1', '# TYPE s stateset', 's{s="on"} 1', 's{s="off"} 0'),
    ],
    ['an exemplar with a time', exposition('# TYPE c counter', 'c_total 1 # {trace_id="a"} 0.5 12.25')],
    ['repeated samples with rising times', exposition('# TYPE g gauge', 'g 1 1.0000000001', 'g 2 1.0000000002')],
    ['a time far beyond', exposition('g 1 1e300')],
  ]
  it.each(accepted)('accepts %s', (_name, text) => {
    expect(() => validateOpenMetrics(text)).not.toThrow()
  })

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['an empty text', '', /# EOF/],
    ['no end', 'up 1\n', /# EOF/],
    ['text behind the end', '# EOF\nup 1\n', /behind # EOF/],
    ['a blank line', exposition('up 1', ''), /metric name/],
    ['a comment', exposition('# just so'), /# HELP/],
    ['two spaces', exposition('up  1'), /not a number/],
    ['a tab', exposition('up\t1'), /a space/],
    ['a carriage return', exposition('up 1\r'), /not a number/],
    ['space at the end', exposition('up 1 '), /not a number/],
    ['a spare comma', exposition('up{a="1",} 1'), /label name/],
    ['a missing comma', exposition('up{a="1"b="2"} 1'), /comma/],
    ['spaces in braces', exposition('up{ a="1"} 1'), /label name/],
    ['a line feed in quotes', exposition('up{a="1\n"} 1'), /within quotes/],
    ['a repeated label', exposition('up{a="1",a="2"} 1'), /stands twice/],
    ['a name that begins with a digit', exposition('0a 1'), /metric name/],
    ['a second metric name', exposition('up{"down"} 1'), /=/],
    ['untyped', exposition('# TYPE a untyped'), /no metric type/],
    ['metadata behind samples', exposition('up 1', '# HELP up x'), /behind its samples/],
    ['TYPE twice', exposition('# TYPE a gauge', '# TYPE a gauge'), /more than one/],
    ['a family that comes back', exposition('# TYPE a gauge', 'a 1', '# TYPE b gauge', 'b 1', 'a 2'), /before/],
    ['a name that another family has', exposition('# TYPE a counter', 'a_total 1', '# TYPE a_total gauge'), /before/],
    ['a counter without _total', exposition('# TYPE a counter', 'a 1'), /before/],
    ['a unit that the name lacks', exposition('# UNIT a seconds'), /unit/],
    ['a negative counter', exposition('# TYPE a counter', 'a_total -1'), /negative/],
    ['a counter that is NaN', exposition('# TYPE a counter', 'a_total NaN'), /NaN/],
    ['an info of 2', exposition('# TYPE a info', 'a_info 2'), /value 1/],
    ['a stateset of 2', exposition('# TYPE a stateset', 'a{a="x"} 2'), /0 and 1/],
    ['a stateset without its label', exposition('# TYPE a stateset', 'a 1'), /needs a label/],
    ['a quantile over 1', exposition('# TYPE a summary', 'a{quantile="1.5"} 1'), /quantile/],
    ['a bucket without le', exposition('# TYPE h histogram', 'h_bucket 1'), /le/],
    ['another spelling of infinity', exposition('# TYPE h histogram', bucket('Inf', 1)), /le/],
    ['no +Inf bucket', exposition('# TYPE h histogram', bucket('1', 1)), /\+Inf/],
    [
      'buckets out of order',
      exposition('# TYPE h histogram', bucket('2', 1), bucket('1', 1), bucket('+Inf', 1)),
      /ascend/,
    ],
    ['a bucket that holds less', exposition('# TYPE h histogram', bucket('1', 2), bucket('+Inf', 1)), /fall/],
    ['a fraction in a bucket', exposition('# TYPE h histogram', bucket('+Inf', 1.5)), /integer/],
    ['a count unlike +Inf', exposition('# TYPE h histogram', bucket('+Inf', 1), 'h_count 2', 'h_sum 1'), /count/],
    ['a sum without a count', exposition('# TYPE h histogram', bucket('+Inf', 1), 'h_sum 1'), /no count/],
    [
      'a sum over negative bounds',
      exposition('# TYPE h histogram', bucket('-1', 0), bucket('+Inf', 1), 'h_count 1', 'h_sum 1'),
      /negative/,
    ],
    ['interleaved metrics', exposition('# TYPE g gauge', 'g{a="1"} 1 1', 'g{a="2"} 1 1', 'g{a="1"} 2 2'), /together/],
    ['times that go back', exposition('# TYPE g gauge', 'g 1 2', 'g 1 1'), /backwards/],
    ['times here and there', exposition('# TYPE g gauge', 'g 1', 'g 1 1'), /timestamps/],
    ['a time of NaN', exposition('g 1 NaN'), /timestamp/],
    ['an exemplar on a gauge', exposition('# TYPE g gauge', 'g 1 # {} 1'), /exemplars/],
    ['an exemplar without braces', exposition('# TYPE c counter', 'c_total 1 # 1'), /exemplar/],
    ['a long exemplar', exposition('# TYPE c counter', `c_total 1 # {a="${'x'.repeat(128)}"} 1`), /129 characters/],
  ]
  it.each(refused)('refuses %s', (_name, text, message) => {
    expect(() => validateOpenMetrics(text)).toThrow(DecodeError)
    expect(() => validateOpenMetrics(text)).toThrow(message)
  })

  it('counts the characters of an exemplar, not its bytes', () => {
    expect(() =>
      validateOpenMetrics(exposition('# TYPE c counter', `c_total 1 # {a="${'😀'.repeat(127)}"} 1`)),
    ).not.toThrow()
  })

  it('throws nothing but DecodeError', () => {
    const piece = fc.constantFrom(
      '# TYPE ',
      '# HELP ',
      'h',
      '_bucket',
      '_count',
      ' ',
      '{',
      '}',
      'le="',
      '"',
      '1',
      '+Inf',
      '\n',
      '\\',
      ' # ',
      '# EOF\n',
      'histogram',
      ',',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          validateOpenMetrics(pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { seed, numRuns: 3000 },
    )
  })
})
