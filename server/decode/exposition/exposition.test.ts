import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MetricBatch } from '../../model/batch.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import type { Labels, SeriesTable, SeriesTables } from '../../model/series-table.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { internLabels } from '../metric/series-resolver.ts'
import { wireEncoder } from '../metric/wire-schema.ts'
import { type ExpositionFormat, expositionFormat, parseExposition } from './exposition.ts'
import { droppedSeries, ScrapeCache } from './scrape-cache.ts'
import type { Exposition, ExpositionOptions } from './scrape-rows.ts'

const seed = 20_261_123
const nowMs = 1_700_000_000_000

let tables: SeriesTables
let series: SeriesTable
let cache: ScrapeCache
/** Labels that `resolve` was called with. */
let resolved: [string, string][][]

beforeEach(async () => {
  tables = await createSeriesTables({ idleSweeps: 10 })
  series = tables.of(defaultTenant)
  cache = new ScrapeCache(series)
  resolved = []
})

function optionsOf(more: Partial<ExpositionOptions> = {}): ExpositionOptions {
  const context = { series, receiver: 'scrape', receivedBytes: 0 }
  return {
    context,
    cache,
    timestampMs: nowMs,
    honorTimestamps: true,
    resolve: (labels) => {
      resolved.push(labels.map(([name, value]) => [name, value]))
      return internLabels(labels, context)
    },
    ...more,
  }
}

function scrape(
  body: string | Uint8Array,
  format: ExpositionFormat = 'text',
  more: Partial<ExpositionOptions> = {},
): Exposition {
  cache.begin()
  return parseExposition(typeof body === 'string' ? Buffer.from(body) : body, format, optionsOf(more))
}

function samplesOf(batch: MetricBatch): [string, number, number][] {
  return Array.from(batch.ref, (ref, i) => [
    nameOf(batch.series.labels(ref)),
    batch.value[i],
    batch.timestampMs[i] - nowMs,
  ])
}

/** `name{label="value"}` with sorted labels. */
function nameOf(labels: Labels): string {
  const name = labels.find(([label]) => label === '__name__')?.[1]
  return `${name}{${labels.filter(([label]) => label !== '__name__').map(([label, value]) => `${label}=${JSON.stringify(value)}`)}}`
}

describe('expositionFormat', () => {
  const contentTypes: readonly (readonly [string, ExpositionFormat | null])[] = [
    ['text/plain; version=0.0.4; charset=utf-8', 'text'],
    ['text/plain', 'text'],
    ['application/openmetrics-text; version=1.0.0', 'openmetrics'],
    ['Application/OpenMetrics-Text', 'openmetrics'],
    ['application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited', 'protobuf'],
    ['application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=text', null],
    ['text/html', null],
    ['', null],
  ]
  it.each(contentTypes)('of %j is %s', (contentType, wanted) => {
    expect(expositionFormat(contentType)).toBe(wanted)
  })
})

describe('Prometheus text', () => {
  const lines: readonly (readonly [string, string, readonly (readonly [string, number, number])[]])[] = [
    ['a name and a value', 'up 1', [['up{}', 1, 0]]],
    ['spaces and tabs anywhere', '\t up \t { a = "1" , b="2" , } \t 2 \t ', [['up{a="1",b="2"}', 2, 0]]],
    ['no space behind braces', 'up{a="1"}2', [['up{a="1"}', 2, 0]]],
    ['missing commas', 'up{a="1"b="2"} 2', [['up{a="1",b="2"}', 2, 0]]],
    ['a timestamp', `up 1 ${nowMs - 5}`, [['up{}', 1, -5]]],
    ['a negative timestamp', 'up 1 -7', [['up{}', 1, -7 - nowMs]]],
    ['escapes', 'up{a="\\"\\\\\\n\\z"} 1', [['up{a="\\"\\\\\\n\\\\z"}', 1, 0]]],
    ['braces and hashes in values', 'up{a="}# {"} 1', [['up{a="}# {"}', 1, 0]]],
    ['a line feed in a value', 'up{a="x\ny"} 1', [['up{a="x\\ny"}', 1, 0]]],
    ['a name in quotes', '{"a.b", c="d"} 1', [['a.b{c="d"}', 1, 0]]],
    ['label names in quotes', 'up{"a.b"="c"} 1', [['up{a.b="c"}', 1, 0]]],
    ['empty braces', 'up{} 1', [['up{}', 1, 0]]],
    ['colons in the name', 'a:b:rate 1', [['a:b:rate{}', 1, 0]]],
    [
      'infinities',
      'a +Inf\nb -inf',
      [
        ['a{}', Number.POSITIVE_INFINITY, 0],
        ['b{}', Number.NEGATIVE_INFINITY, 0],
      ],
    ],
    ['comments and blank lines', '\n# comment\n#HELP no metadata\n\n  \n#\nup 1\n', [['up{}', 1, 0]]],
    ['labels without a value', 'up{a="",b="1"} 1', [['up{b="1"}', 1, 0]]],
    [
      'buckets and quantiles in canonical form',
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\n# TYPE s summary\ns{quantile="0.50"} 2\n# TYPE g gauge\ng{le="1"} 3',
      [
        ['h_bucket{le="1.0"}', 1, 0],
        ['h_bucket{le="+Inf"}', 1, 0],
        ['s{quantile="0.5"}', 2, 0],
        ['g{le="1"}', 3, 0],
      ],
    ],
  ]
  it.each(lines)('reads %s, at first sight and known', (_name, text, wanted) => {
    for (let again = 0; again < 3; again++) {
      const exposition = scrape(text)
      cache.commit()
      expect(samplesOf(exposition.builder.finish())).toEqual(wanted)
      expect(exposition.scrapedSamples).toBe(wanted.length)
      expect(exposition.addedSeries).toBe(again === 0 ? wanted.length : 0)
    }
    expect(resolved.length).toBe(wanted.length)
  })

  it.each([
    'up',
    'up ',
    'up x',
    'up 1 2 3',
    'up 1 1.5',
    'up 1 # {a="b"} 1',
    '{a="b"} 1',
    '{"up" 1',
    'up{a} 1',
    'up{a=b} 1',
    'up{a="1" 1',
    'up{a="1} 1',
    'up{="1"} 1',
    'up{1a="1"} 1',
    '1up 1',
    'up-down 1',
    'up{a="1"}} 1',
    '# TYPE up nonsense\n',
    '# TYPE 1up gauge\n',
    'up 1\r\n',
    'up{,} 1',
    'up{a="\xff"} 1',
  ])('refuses %j', (text) => {
    expect(() => scrape(Buffer.from(text, 'latin1'))).toThrow(DecodeError)
  })

  it('tells a series from the usual one that it begins with, and the other way round', () => {
    const lines = ['up 1', 'up {a="1"} 1', 'up\t1', 'up{a="1"} 1', 'upper 1', 'up 1', 'up\t{a="1"} 1', 'up 1']
    for (const line of lines) {
      const names = samplesOf(scrape(`first 1\n${line}\n`).builder.finish()).map(([name]) => name)
      expect(names).toEqual(['first{}', line.includes('{') ? 'up{a="1"}' : line.includes('upper') ? 'upper{}' : 'up{}'])
    }
  })

  it('stores any NaN as the usual one', () => {
    const batch = scrape('up NaN').builder.finish()
    const words = new Uint32Array(batch.value.buffer, 0, 2)
    expect([...words]).toEqual([1, 0x7ff80000])
  })

  it('takes the time of the scrape where timestamps are not honoured', () => {
    const batch = scrape('up 1 5', 'text', { honorTimestamps: false }).builder.finish()
    expect(batch.timestampMs[0]).toBe(nowMs)
  })

  it('hands metadata on when it is new or has changed', () => {
    const text = (help: string): string => `# HELP up ${help}\n# TYPE up gauge\nup 1\n`
    expect(scrape(text('a\\nb\\\\')).builder.finish().metadata).toEqual([
      { name: 'up', type: 'gauge', unit: '', help: 'a\nb\\' },
    ])
    expect(scrape(text('a\\nb\\\\')).builder.finish().metadata).toEqual([])
    expect(scrape(text('other')).builder.finish().metadata).toEqual([
      { name: 'up', type: 'gauge', unit: '', help: 'other' },
    ])
  })

  it('hands metadata on again after an hour', () => {
    const count = (timestampMs: number): number =>
      scrape('# TYPE up gauge\n# HELP up x\nup 1\n', 'text', { timestampMs }).builder.finish().metadata.length
    expect([nowMs, nowMs + 3_599_999, nowMs + 3_600_000, nowMs + 3_600_001].map(count)).toEqual([1, 0, 1, 0])
  })

  it('counts series beyond the limits as rejected, and takes the rest', () => {
    const exposition = scrape(`up{a="1",a="2"} 1\nup{a="${'x'.repeat(5000)}"} 1\nup 1`)
    const batch = exposition.builder.finish()
    expect(batch.sampleCount).toBe(1)
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'duplicate_label', count: 1 },
      { reason: 'label_too_long', count: 1 },
    ])
  })

  it('takes the first of two samples of a series, and counts the other', () => {
    const batch = scrape('up 1\nup 2\nup 3 5').builder.finish()
    expect([...batch.value]).toEqual([1, 3])
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
  })

  it('does not ask again for what relabelling dropped, and asks again for what was refused', () => {
    let asked = 0
    const resolve = (labels: [string, string][]): ReturnType<ExpositionOptions['resolve']> => {
      asked++
      return labels[0][1] === 'dropped' ? droppedSeries : { reason: 'cardinality_limit', message: 'full' }
    }
    for (let again = 0; again < 3; again++) {
      const exposition = scrape('dropped 1\nrefused 1\n', 'text', { resolve })
      cache.commit()
      expect([exposition.scrapedSamples, exposition.keptSamples]).toEqual([2, 0])
      expect(exposition.builder.finish().decodeRejections).toMatchObject([{ reason: 'cardinality_limit', count: 1 }])
    }
    expect(asked).toBe(4)
  })
})

describe('staleness', () => {
  const refNamed = (name: string): number => series.intern([['__name__', name]])

  it('names the series that are gone since the last scrape', () => {
    scrape('a 1\nb 1\nc 1')
    expect(cache.commit()).toEqual([])
    scrape('a 1\nc 1')
    expect(cache.commit()).toEqual([refNamed('b')])
    scrape('a 1\nb 1')
    expect(cache.commit()).toEqual([refNamed('c')])
    scrape('')
    expect(cache.commit().sort()).toEqual([refNamed('a'), refNamed('b')].sort())
  })

  it('names all series of the last scrape when one fails', () => {
    scrape('a 1\nb 1')
    cache.commit()
    expect(() => scrape('a 1\nc 1\nnonsense')).toThrow(DecodeError)
    expect(cache.abort().sort()).toEqual([refNamed('a'), refNamed('b')].sort())
    expect(() => scrape('nonsense')).toThrow(DecodeError)
    expect(cache.abort()).toEqual([])
    scrape('a 1')
    expect(cache.commit()).toEqual([])
  })

  it('leaves out series with times of their own, unless told otherwise', () => {
    scrape('a 1 5')
    cache.commit()
    scrape('')
    expect(cache.commit()).toEqual([])
    scrape('a 1 5', 'text', { trackTimestampsStaleness: true })
    cache.commit()
    scrape('')
    expect(cache.commit()).toEqual([refNamed('a')])
  })

  it('does not call a series gone that another line still is', () => {
    const same = optionsOf().context
    const resolve = (): ReturnType<ExpositionOptions['resolve']> => internLabels([['__name__', 'one']], same)
    scrape('a 1', 'text', { resolve })
    cache.commit()
    scrape('b 1', 'text', { resolve })
    expect(cache.commit()).toEqual([])
  })

  it('resolves a series again that the table had forgotten, and never mixes two up', () => {
    scrape('a{n="1"} 1')
    cache.commit()
    for (let i = 0; i < 11; i++) tables.sweep()
    const other = series.intern([['__name__', 'other']])
    const batch = scrape('a{n="1"} 1').builder.finish()
    expect(batch.ref[0]).not.toBe(other)
    expect(samplesOf(batch)).toEqual([['a{n="1"}', 1, 0]])
    expect(cache.commit()).toEqual([])
  })

  it('keeps series in the table that are scraped', () => {
    for (let i = 0; i < 30; i++) {
      scrape('a 1')
      cache.commit()
      tables.sweep()
    }
    expect(resolved.length).toBe(1)
  })

  it('does not grow when a target exposes other series each time', () => {
    for (let i = 0; i < 50; i++) {
      scrape(Array.from({ length: 100 }, (_, k) => `m{i="${i}",k="${k}"} 1`).join('\n'))
      cache.commit()
    }
    expect(cache.size).toBeLessThanOrEqual(600)
  })
})

describe('OpenMetrics', () => {
  it('reads samples, times in seconds, exemplars and metadata', () => {
    const text = [
      '# TYPE c_seconds counter',
      '# UNIT c_seconds seconds',
      '# HELP c_seconds Say \\"hi\\".',
      `c_seconds_total{a="b"} 17 ${nowMs / 1000 + 1.2345} # {trace_id="0102030405060708090a0b0c0d0e0f10",x="y"} 0.5 ${nowMs / 1000}`,
      'c_seconds_created{a="b"} 1.5',
      '# TYPE h histogram',
      'h_bucket{le="1"} 2 # {} 0.7',
      '# EOF',
      '',
    ].join('\n')
    const batch = scrape(text, 'openmetrics').builder.finish()
    expect(samplesOf(batch)).toEqual([
      ['c_seconds_total{a="b"}', 17, 1234],
      ['c_seconds_created{a="b"}', 1.5, 0],
      ['h_bucket{le="1.0"}', 2, 0],
    ])
    expect(batch.metadata).toEqual([
      { name: 'c_seconds', type: 'counter', unit: 'seconds', help: 'Say "hi".' },
      { name: 'h', type: 'histogram', unit: '', help: '' },
    ])
    expect(batch.exemplars).toMatchObject([
      {
        ref: batch.ref[0],
        value: 0.5,
        timestampMs: nowMs,
        labels: [
          ['trace_id', '0102030405060708090a0b0c0d0e0f10'],
          ['x', 'y'],
        ],
      },
      { ref: batch.ref[2], value: 0.7, timestampMs: nowMs, labels: [] },
    ])
    expect(batch.exemplars[0].traceId[15]).toBe(16)
  })

  it('is read without the judgement of what lines mean together', () => {
    expect(scrape('# TYPE c counter\nc -1\nx 1\nc 2\n# EOF\n', 'openmetrics').scrapedSamples).toBe(3)
  })

  it.each(['up 1\n', 'up  1\n# EOF\n', 'up 1 # {a="b"} x\n# EOF\n', '\n# EOF\n'])('refuses %j', (text) => {
    expect(() => scrape(text, 'openmetrics')).toThrow(DecodeError)
  })
})

const encode = wireEncoder({
  MetricFamily: ['1 name string', '2 help string', '3 type int32', '4 metric Metric[]', '5 unit string'],
  Metric: [
    '1 label LabelPair[]',
    '2 gauge Value',
    '3 counter Counter',
    '4 summary Summary',
    '5 untyped Value',
    '6 timestamp_ms int64?',
    '7 histogram Histogram',
  ],
  LabelPair: ['1 name string', '2 value string'],
  Value: ['1 value double'],
  Counter: ['1 value double', '2 exemplar Exemplar'],
  Summary: ['1 sample_count uint64', '2 sample_sum double', '3 quantile Quantile[]'],
  Quantile: ['1 quantile double', '2 value double'],
  Exemplar: ['1 label LabelPair[]', '2 value double', '3 timestamp Timestamp'],
  Timestamp: ['1 seconds int64', '2 nanos int32'],
  Histogram: [
    '1 sample_count uint64',
    '2 sample_sum double',
    '3 bucket Bucket[]',
    '4 sample_count_float double',
    '5 schema sint32',
    '6 zero_threshold double',
    '7 zero_count uint64',
    '8 zero_count_float double',
    '9 negative_span Span[]',
    '10 negative_delta sint64[]',
    '11 negative_count double[]',
    '12 positive_span Span[]',
    '13 positive_delta sint64[]',
    '14 positive_count double[]',
    '15 created_timestamp Timestamp',
    '16 exemplars Exemplar[]',
  ],
  Bucket: [
    '1 cumulative_count uint64',
    '2 upper_bound double',
    '3 exemplar Exemplar',
    '4 cumulative_count_float double',
  ],
  Span: ['1 offset sint32', '2 length uint32'],
})

/** Families, each behind its length. */
function delimited(...families: Record<string, unknown>[]): Buffer {
  return Buffer.concat(
    families.flatMap((family) => {
      const message = encode('MetricFamily', family)
      const length = message.length
      return [length < 128 ? Buffer.of(length) : Buffer.of((length & 0x7f) | 0x80, length >> 7), message]
    }),
  )
}

describe('protobuf exposition', () => {
  const pairs = [{ name: 'a', value: '1' }]

  it('reads counters, gauges, untyped and summaries', () => {
    const body = delimited(
      {
        name: 'c',
        help: 'C.',
        unit: 'x',
        type: 0,
        metric: [
          {
            label: pairs,
            counter: { value: 2, exemplar: { label: pairs, value: 3, timestamp: { seconds: 12n, nanos: 5_000_000 } } },
          },
        ],
      },
      { name: 'g', type: 1, metric: [{ gauge: { value: 1.5 }, timestampMs: BigInt(nowMs - 3) }] },
      { name: 'u', type: 3, metric: [{ untyped: { value: -1 } }] },
      {
        name: 's',
        type: 2,
        metric: [
          {
            label: pairs,
            summary: {
              sampleCount: 4n,
              sampleSum: 5,
              quantile: [
                { quantile: 0.5, value: 6 },
                { quantile: 1, value: 7 },
              ],
            },
          },
        ],
      },
    )
    for (let again = 0; again < 2; again++) {
      const batch = scrape(body, 'protobuf').builder.finish()
      cache.commit()
      expect(samplesOf(batch)).toEqual([
        ['c{a="1"}', 2, 0],
        ['g{}', 1.5, -3],
        ['u{}', -1, 0],
        ['s_count{a="1"}', 4, 0],
        ['s_sum{a="1"}', 5, 0],
        ['s{a="1",quantile="0.5"}', 6, 0],
        ['s{a="1",quantile="1.0"}', 7, 0],
      ])
      expect(batch.exemplars).toMatchObject([{ value: 3, timestampMs: 12_005, labels: [['a', '1']] }])
      if (again === 0) expect(batch.metadata[0]).toEqual({ name: 'c', type: 'counter', help: 'C.', unit: 'x' })
      else expect(batch.metadata).toEqual([])
    }
    expect(resolved.length).toBe(7)
  })

  it('reads classic histograms, with the last bucket that clients leave out', () => {
    const histogram = {
      sampleCount: 3n,
      sampleSum: 4.5,
      bucket: [
        { cumulativeCount: 1n, upperBound: 0.5 },
        { cumulativeCount: 2n, upperBound: 1, exemplar: { value: 0.7 } },
      ],
    }
    const batch = scrape(delimited({ name: 'h', type: 4, metric: [{ histogram }] }), 'protobuf').builder.finish()
    expect(samplesOf(batch).map(([name, value]) => [name, value])).toEqual([
      ['h_count{}', 3],
      ['h_sum{}', 4.5],
      ['h_bucket{le="0.5"}', 1],
      ['h_bucket{le="1.0"}', 2],
      ['h_bucket{le="+Inf"}', 3],
    ])
    expect(batch.exemplars).toMatchObject([{ ref: batch.ref[3], value: 0.7, timestampMs: nowMs }])
    expect(batch.histograms).toEqual([])
  })

  const native = {
    sampleCount: 6n,
    sampleSum: 9,
    schema: 3,
    zeroThreshold: 0.001,
    zeroCount: 1n,
    positiveSpan: [{ offset: -1, length: 2 }],
    positiveDelta: [2n, 1n],
    bucket: [{ cumulativeCount: 6n, upperBound: 1 }],
    exemplars: [{ value: 0.2 }],
  }

  it('reads native histograms, without their classic buckets', () => {
    const batch = scrape(
      delimited({ name: 'h', type: 4, metric: [{ label: pairs, histogram: native }] }),
      'protobuf',
    ).builder.finish()
    expect(batch.sampleCount).toBe(0)
    expect(batch.rowCount).toBe(1)
    expect(nameOf(series.labels(batch.histograms[0].ref))).toBe('h{a="1"}')
    expect(batch.histograms[0]).toMatchObject({
      timestampMs: nowMs,
      schema: 3,
      zeroThreshold: 0.001,
      zeroCount: 1,
      count: 6,
      sum: 9,
      positiveSpans: [{ offset: -1, length: 2 }],
      positiveCounts: [2, 3],
      resetHint: 0,
      isFloat: false,
    })
    expect(batch.exemplars).toMatchObject([{ value: 0.2 }])
  })

  it('reads both where asked', () => {
    const body = delimited({ name: 'h', type: 4, metric: [{ histogram: native }] })
    const batch = scrape(body, 'protobuf', { alwaysClassicHistograms: true }).builder.finish()
    expect([batch.histograms.length, batch.sampleCount]).toEqual([1, 4])
  })

  it('reads float and empty native histograms', () => {
    const floats = {
      sampleCountFloat: 2.5,
      schema: 0,
      zeroThreshold: 0.1,
      positiveSpan: [{ offset: 0, length: 1 }],
      positiveCount: [2.5],
    }
    const empty = { positiveSpan: [{ offset: 0, length: 0 }] }
    const body = delimited(
      { name: 'h', type: 5, metric: [{ histogram: floats }] },
      { name: 'e', type: 4, metric: [{ histogram: empty }] },
    )
    const batch = scrape(body, 'protobuf').builder.finish()
    expect(batch.histograms).toMatchObject([
      { isFloat: true, count: 2.5, positiveCounts: [2.5], resetHint: 3 },
      { count: 0, positiveCounts: [] },
    ])
  })

  it('refuses a family without a name and a metric without a value', () => {
    expect(() => scrape(delimited({ type: 1 }), 'protobuf')).toThrow(DecodeError)
    expect(() => scrape(delimited({ name: 'g', metric: [{ label: pairs }] }), 'protobuf')).toThrow(DecodeError)
  })
})

describe('any bytes', () => {
  const valid: Record<ExpositionFormat, Buffer> = {
    text: Buffer.from('# HELP up x\n# TYPE up gauge\nup{a="b\\n",c="d"} 1.5e3 12\nh_bucket{le="1"} 2\n'),
    openmetrics: Buffer.from('# TYPE c counter\nc_total{a="b"} 1 2.5 # {x="y"} 1 2\n# EOF\n'),
    protobuf: delimited({
      name: 'h',
      type: 4,
      metric: [{ histogram: { sampleCount: 1n, positiveSpan: [{ offset: 0, length: 1 }], positiveDelta: [1n] } }],
    }),
  }

  it.each(['text', 'openmetrics', 'protobuf'] as const)('as %s throw nothing but DecodeError', (format) => {
    const body = valid[format]
    const change = fc.record({ at: fc.nat(body.length - 1), byte: fc.nat(255), cut: fc.nat(body.length) })
    const read = (bytes: Uint8Array): void => {
      try {
        const batch = scrape(bytes, format).builder.finish()
        cache.commit()
        expect(batch.rowCount).toBe(batch.sampleCount + batch.histograms.length)
      } catch (error) {
        cache.abort()
        expect(error).toBeInstanceOf(DecodeError)
      }
    }
    fc.assert(
      fc.property(change, fc.uint8Array({ maxLength: 60 }), ({ at, byte, cut }, random) => {
        const changed = Buffer.from(body)
        changed[at] = byte
        read(changed)
        read(body.subarray(0, cut))
        read(random)
      }),
      { seed, numRuns: 1500 },
    )
  })
})
