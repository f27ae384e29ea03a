import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { MetricBatch } from '../model/batch.ts'
import { isStaleNumber, staleHigh, staleLow } from '../model/metric.ts'
import { createSeriesTables } from '../model/series-interner.ts'
import type { Labels, SeriesTable } from '../model/series-table.ts'
import { DecodeError } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { defaultMetricLimits, type MetricLimits } from './metric/metric-context.ts'
import { wireEncoder } from './metric/wire-schema.ts'
import { decodeRemoteWrite } from './remote-write.ts'
import { decodeRemoteWriteV2 } from './remote-write-v2.ts'

const seed = 20_261_123
const histogramFields = [
  '1 count_int uint64?',
  '2 count_float double?',
  '3 sum double',
  '4 schema sint32',
  '5 zero_threshold double',
  '6 zero_count_int uint64?',
  '7 zero_count_float double?',
  '8 negative_spans BucketSpan[]',
  '9 negative_deltas sint64[]',
  '10 negative_counts double[]',
  '11 positive_spans BucketSpan[]',
  '12 positive_deltas sint64[]',
  '13 positive_counts double[]',
  '14 reset_hint int32',
  '15 timestamp int64',
  '16 custom_values double[]',
]

const encode1 = wireEncoder({
  WriteRequest: ['1 timeseries TimeSeries[]', '3 metadata MetricMetadata[]'],
  TimeSeries: ['1 labels Label[]', '2 samples Sample[]', '3 exemplars Exemplar[]', '4 histograms Histogram[]'],
  Label: ['1 name string', '2 value string'],
  Sample: ['1 value double', '2 timestamp int64'],
  Exemplar: ['1 labels Label[]', '2 value double', '3 timestamp int64'],
  MetricMetadata: ['1 type int32', '2 metric_family_name string', '4 help string', '5 unit string'],
  BucketSpan: ['1 offset sint32', '2 length uint32'],
  Histogram: histogramFields,
})

const encode2 = wireEncoder({
  Request: ['4 symbols string[]', '5 timeseries TimeSeries[]'],
  TimeSeries: [
    '1 labels_refs uint32[]',
    '2 samples Sample[]',
    '3 histograms Histogram[]',
    '4 exemplars Exemplar[]',
    '5 metadata Metadata',
    '6 created_timestamp int64',
  ],
  Sample: ['1 value double', '2 timestamp int64', '3 start_timestamp int64'],
  Exemplar: ['1 labels_refs uint32[]', '2 value double', '3 timestamp int64'],
  Metadata: ['1 type int32', '3 help_ref uint32', '4 unit_ref uint32'],
  BucketSpan: ['1 offset sint32', '2 length uint32'],
  Histogram: histogramFields,
})

interface SentExemplar {
  readonly labels: Labels
  readonly value: number
  readonly timestamp: bigint
}

interface SentSeries {
  readonly labels: Labels
  readonly samples?: readonly { readonly value: number; readonly timestamp: bigint }[]
  readonly histograms?: readonly Record<string, unknown>[]
  readonly exemplars?: readonly SentExemplar[]
}

function encodeV1(series: readonly SentSeries[], metadata: readonly Record<string, unknown>[] = []): Uint8Array {
  const named = (labels: Labels): unknown => labels.map(([name, value]) => ({ name, value }))
  return encode1('WriteRequest', {
    metadata,
    timeseries: series.map((one) => ({
      ...one,
      labels: named(one.labels),
      exemplars: (one.exemplars ?? []).map((exemplar) => ({ ...exemplar, labels: named(exemplar.labels) })),
    })),
  })
}

function encodeV2(series: readonly SentSeries[], more: Record<string, unknown> = {}): Uint8Array {
  const symbols = ['']
  const refsOf = (labels: Labels): number[] =>
    labels.flat().map((text) => {
      const known = symbols.indexOf(text)
      return known >= 0 ? known : symbols.push(text) - 1
    })
  const timeseries = series.map((one) => ({
    ...one,
    labelsRefs: refsOf(one.labels),
    exemplars: (one.exemplars ?? []).map((exemplar) => ({ ...exemplar, labelsRefs: refsOf(exemplar.labels) })),
    ...more,
  }))
  return encode2('Request', { symbols, timeseries })
}

const versions = [
  ['1.0', decodeRemoteWrite, encodeV1],
  ['2.0', decodeRemoteWriteV2, encodeV2],
] as const

let series: SeriesTable
beforeAll(async () => {
  series = (await createSeriesTables()).of(defaultTenant)
})

function context(limits: Partial<MetricLimits> = {}): {
  series: SeriesTable
  receiver: string
  receivedBytes: number
  limits: MetricLimits
} {
  return { series, receiver: 'test', receivedBytes: 1, limits: { ...defaultMetricLimits, ...limits } }
}

function samplesOf(batch: MetricBatch): [Labels, number, number][] {
  return Array.from(batch.ref, (ref, i) => [batch.series.labels(ref), batch.timestampMs[i], batch.value[i]])
}

function wordsOf(batch: MetricBatch, i: number): [number, number] {
  const words = new Uint32Array(batch.value.buffer, batch.value.byteOffset, 2 * batch.sampleCount)
  return [words[2 * i + 1], words[2 * i]]
}

const up: Labels = [
  ['__name__', 'up'],
  ['job', 'j'],
]
const at = 1_700_000_000_000n

describe.each(versions)('remote_write %s', (_version, decode, encode) => {
  it('reads samples in the order sent, whether the series are new, known or guessed', () => {
    const request = Array.from({ length: 20 }, (_, i) => ({
      labels: [
        ['__name__', 'm'],
        ['i', String(i)],
        ['version', _version],
      ] as Labels,
      samples: [0, 1].map((k) => ({ value: i + k / 4, timestamp: at + BigInt(15_000 * k) })),
    }))
    const wanted = request.flatMap(({ labels, samples }) =>
      samples.map(({ value, timestamp }) => [labels, Number(timestamp), value]),
    )
    for (const order of [request, request, [...request].reverse(), request]) {
      const batch = decode(encode(order), context())
      const expected =
        order === request ? wanted : order.flatMap((one) => wanted.filter(([labels]) => labels === one.labels))
      expect(samplesOf(batch)).toEqual(expected)
      expect(batch.rowCount).toBe(40)
      expect(batch.decodeRejections).toEqual([])
    }
  })

  it('reads what an independent encoder wrote, whatever it is', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '_', 'é', '😀', ' ', '"'), minLength: 1, maxLength: 90 })
    const labels = fc
      .dictionary(text, text, { maxKeys: 5 })
      .map((record): Labels => Object.entries({ ...record, __name__: 'm' }).sort(([a], [b]) => (a < b ? -1 : 1)))
    const sample = fc.record({ value: fc.double(), timestamp: fc.bigInt(-(2n ** 53n), 2n ** 53n) })
    const sent = fc.array(fc.record({ labels, samples: fc.array(sample, { maxLength: 3 }) }), { maxLength: 8 })
    fc.assert(
      fc.property(sent, fc.boolean(), (request, isReversed) => {
        const asSent = request.map((one) => ({ ...one, labels: isReversed ? [...one.labels].reverse() : one.labels }))
        const batch = decode(encode(asSent), context())
        const wanted = request.flatMap((one) => one.samples.map((s) => [one.labels, Number(s.timestamp), s.value]))
        // protobuf-es leaves out -0 as it leaves out 0.
        const zeroless = (rows: unknown[]): unknown[] => JSON.parse(JSON.stringify(rows))
        expect(zeroless(samplesOf(batch))).toEqual(zeroless(wanted))
      }),
      { seed, numRuns: 150 },
    )
  })

  it('tells a series from the usual one whose labels it begins with, and the other way round', () => {
    const short: Labels = [
      ['__name__', 'm'],
      ['a', '1'],
    ]
    const long: Labels = [...short, ['b', '2']]
    const one = (labels: Labels): SentSeries => ({ labels, samples: [{ value: 1, timestamp: at }] })
    for (const second of [short, long, short, long]) {
      const batch = decode(encode([one(up), one(second)]), context())
      expect(samplesOf(batch).map(([labels]) => labels)).toEqual([up, second])
    }
  })

  it('keeps the bits of the staleness marker', () => {
    const stale = new Float64Array(Uint32Array.of(staleLow, staleHigh).buffer)[0]
    const many = Array.from({ length: 600 }, () => ({ value: stale, timestamp: at }))
    const batch = decode(encode([{ labels: up, samples: many }]), context())
    for (let i = 0; i < 600; i++) expect(wordsOf(batch, i)).toEqual([staleHigh, staleLow])
  })

  const oddLabels: readonly (readonly [string, Labels, Labels])[] = [
    [
      'unsorted',
      [
        ['job', 'j'],
        ['__name__', 'up'],
      ],
      up,
    ],
    [
      'with an empty value',
      [
        ['__name__', 'up'],
        ['gone', ''],
        ['job', 'j'],
      ],
      up,
    ],
    [
      'with names of any characters',
      [
        ['__name__', 'http.latency'],
        ['ü b', 'x'],
      ],
      [
        ['__name__', 'http.latency'],
        ['ü b', 'x'],
      ],
    ],
    [
      'long',
      [
        ['__name__', 'up'],
        ['job', 'x'.repeat(300)],
      ],
      [
        ['__name__', 'up'],
        ['job', 'x'.repeat(300)],
      ],
    ],
  ]
  it.each(oddLabels)('takes labels %s', (_name, sent, wanted) => {
    for (let again = 0; again < 2; again++) {
      const batch = decode(encode([{ labels: sent, samples: [{ value: 1, timestamp: at }] }]), context())
      expect(samplesOf(batch)).toEqual([[wanted, Number(at), 1]])
    }
  })

  const badLabels: readonly (readonly [string, Labels, string])[] = [
    ['no metric name', [['job', 'j']], 'invalid_name'],
    [
      'empty metric name',
      [
        ['__name__', ''],
        ['job', 'j'],
      ],
      'invalid_name',
    ],
    ['no labels', [], 'invalid_name'],
    [
      'empty name',
      [
        ['', 'x'],
        ['__name__', 'up'],
      ],
      'invalid_name',
    ],
    [
      'repeated',
      [
        ['__name__', 'up'],
        ['job', 'a'],
        ['job', 'b'],
      ],
      'duplicate_label',
    ],
    [
      'repeated, the first empty',
      [
        ['__name__', 'up'],
        ['job', ''],
        ['job', 'b'],
      ],
      'duplicate_label',
    ],
    [
      'name too long',
      [
        ['__name__', 'up'],
        ['n'.repeat(1025), 'x'],
      ],
      'label_too_long',
    ],
    [
      'value too long',
      [
        ['__name__', 'up'],
        ['job', 'ä'.repeat(2049)],
      ],
      'label_too_long',
    ],
    [
      'too many',
      [['__name__', 'up'], ...Array.from({ length: 100 }, (_, i) => [`l${i}`, 'x'] as const)],
      'too_many_labels',
    ],
  ]
  it.each(badLabels)('rejects a series, and it alone, with labels: %s', (_name, labels, reason) => {
    const bad = {
      labels,
      samples: [
        { value: 1, timestamp: at },
        { value: 2, timestamp: at + 1n },
      ],
    }
    const good = { labels: up, samples: [{ value: 3, timestamp: at }] }
    const batch = decode(encode([good, bad, good]), context())
    expect(batch.decodeRejections).toMatchObject([{ reason, count: 2 }])
    expect(batch.decodeRejections[0].sample).toMatch(/^timeseries\[1\]: /)
    expect(batch.sampleCount).toBe(2)
  })

  it('rejects new series beyond the limit of active ones', async () => {
    const small = (await createSeriesTables({ maxSeries: 1 })).of(defaultTenant)
    const other: Labels = [['__name__', 'other']]
    const sent = [up, other, up].map((labels) => ({ labels, samples: [{ value: 1, timestamp: at }] }))
    for (let again = 0; again < 2; again++) {
      const batch = decode(encode(sent), { ...context(), series: small })
      expect(batch.sampleCount).toBe(2)
      expect(batch.decodeRejections).toMatchObject([{ reason: 'cardinality_limit', count: 1 }])
    }
  })

  it('reads exemplars with their ids', () => {
    const labels: Labels = [
      ['trace_id', '0102030405060708090a0b0c0d0e0f10'],
      ['span_id', 'ff02030405060708'],
      ['k', 'v'],
    ]
    const batch = decode(encode([{ labels: up, exemplars: [{ labels, value: 2.5, timestamp: at }] }]), context())
    const [exemplar] = batch.exemplars
    expect(exemplar).toMatchObject({ value: 2.5, timestampMs: Number(at), labels })
    expect([...exemplar.traceId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    expect([...exemplar.spanId]).toEqual([255, 2, 3, 4, 5, 6, 7, 8])
    expect(batch.rowCount).toBe(0)
  })

  it('reads integer histograms as absolute counts', () => {
    const histogram = {
      countInt: 12n,
      sum: 30.5,
      schema: 3,
      zeroThreshold: 0.001,
      zeroCountInt: 1n,
      negativeSpans: [{ offset: -2, length: 1 }],
      negativeDeltas: [2n],
      positiveSpans: [
        { offset: 0, length: 2 },
        { offset: 3, length: 1 },
      ],
      positiveDeltas: [3n, -1n, 2n],
      resetHint: 2,
      timestamp: at,
    }
    const batch = decode(encode([{ labels: up, histograms: [histogram] }]), context())
    expect(batch.histograms).toEqual([
      {
        ref: expect.any(Number),
        timestampMs: Number(at),
        schema: 3,
        zeroThreshold: 0.001,
        zeroCount: 1,
        count: 12,
        sum: 30.5,
        positiveSpans: [
          { offset: 0, length: 2 },
          { offset: 3, length: 1 },
        ],
        positiveCounts: [3, 2, 4],
        negativeSpans: [{ offset: -2, length: 1 }],
        negativeCounts: [2],
        customBounds: [],
        resetHint: 2,
        isFloat: false,
        isDelta: false,
      },
    ])
    expect(batch.rowCount).toBe(1)
  })

  it('reads float histograms, custom bounds and staleness markers', () => {
    const stale = new Float64Array(Uint32Array.of(staleLow, staleHigh).buffer)[0]
    const histograms = [
      {
        countFloat: 2.5,
        sum: 1,
        schema: -4,
        zeroCountFloat: 0.5,
        positiveSpans: [{ offset: 1, length: 1 }],
        positiveCounts: [2],
      },
      {
        countInt: 3n,
        sum: 1,
        schema: -53,
        positiveSpans: [{ offset: 0, length: 2 }],
        positiveDeltas: [1n, 1n],
        customValues: [0.5],
      },
      { countInt: 0n, sum: stale },
    ]
    const batch = decode(encode([{ labels: up, histograms }]), context())
    expect(batch.decodeRejections).toEqual([])
    expect(batch.histograms).toMatchObject([
      { isFloat: true, count: 2.5, zeroCount: 0.5, positiveCounts: [2] },
      { schema: -53, customBounds: [0.5], positiveCounts: [1, 2] },
      { count: 0 },
    ])
    expect(batch.histograms.map(({ sum }) => isStaleNumber(sum))).toEqual([false, false, true])
  })

  const badHistograms: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['schema 9', { schema: 9 }, 'unsupported'],
    [
      'spans and buckets of other number',
      { countInt: 1n, positiveSpans: [{ offset: 0, length: 2 }], positiveDeltas: [1n] },
      'malformed',
    ],
    ['a huge span without buckets', { positiveSpans: [{ offset: 0, length: 4_000_000_000 }] }, 'malformed'],
    [
      'negative bucket',
      { countInt: 0n, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [-1n] },
      'malformed',
    ],
    [
      'negative offset of a later span',
      {
        countInt: 2n,
        positiveSpans: [
          { offset: 0, length: 1 },
          { offset: -1, length: 1 },
        ],
        positiveDeltas: [1n, 0n],
      },
      'malformed',
    ],
    [
      'count unlike the buckets',
      { countInt: 5n, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [1n] },
      'malformed',
    ],
    ['bounds not ascending', { schema: -53, customValues: [1, 1] }, 'malformed'],
    ['bounds without schema -53', { customValues: [1] }, 'malformed'],
    ['NaN zero threshold', { zeroThreshold: Number.NaN }, 'malformed'],
    ['too many buckets', { schema: -53, customValues: Array.from({ length: 10_001 }, (_, i) => i) }, 'unsupported'],
  ]
  it.each(badHistograms)('rejects a histogram, and it alone: %s', (_name, histogram, reason) => {
    const sent = { labels: up, samples: [{ value: 1, timestamp: at }], histograms: [histogram, { countInt: 0n }] }
    const batch = decode(encode([sent]), context())
    expect(batch.decodeRejections).toMatchObject([{ reason, count: 1 }])
    expect([batch.sampleCount, batch.histograms.length]).toEqual([1, 1])
  })

  it('is an error beyond the bound on rows', () => {
    const samples = Array.from({ length: 11 }, () => ({ value: 1, timestamp: at }))
    const body = encode([{ labels: up, samples }])
    expect(decode(body, context({ maxRows: 11 })).sampleCount).toBe(11)
    expect(() => decode(body, context({ maxRows: 10 }))).toThrow(DecodeError)
  })

  it('throws nothing but DecodeError for bytes that were cut, changed or made up', () => {
    const whole = encode([
      {
        labels: up,
        samples: [{ value: 1, timestamp: at }],
        histograms: [{ countInt: 1n, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [1n] }],
      },
      { labels: [...up, ['x', 'y'.repeat(200)]], exemplars: [{ labels: up, value: 1, timestamp: at }] },
    ])
    const change = fc.record({ cut: fc.nat(whole.length), at: fc.nat(whole.length - 1), byte: fc.nat(255) })
    const decodeSafely = (bytes: Uint8Array): void => {
      try {
        const batch = decode(bytes, context())
        expect(batch.ref.length).toBe(batch.sampleCount)
        expect(batch.rowCount).toBe(batch.sampleCount + batch.histograms.length)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }
    fc.assert(
      fc.property(change, fc.uint8Array({ maxLength: 80 }), (changed, random) => {
        decodeSafely(whole.subarray(0, changed.cut))
        const copy = whole.slice()
        copy[changed.at] = changed.byte
        decodeSafely(copy)
        decodeSafely(random)
      }),
      { seed, numRuns: 2000 },
    )
  })

  it('reads an empty request as an empty batch', () => {
    expect(decode(new Uint8Array(0), context())).toMatchObject({ rowCount: 0, decodeRejections: [], isDelta: null })
  })
})

describe('remote_write 1.0', () => {
  it('reads metadata', () => {
    const sent = [
      { type: 1, metricFamilyName: 'requests_total', help: 'Requests.', unit: '' },
      { type: 9, metricFamilyName: 'x', unit: 'bytes' },
      { type: 2 },
    ]
    expect(decodeRemoteWrite(encodeV1([], sent), context()).metadata).toEqual([
      { name: 'requests_total', type: 'counter', help: 'Requests.', unit: '' },
      { name: 'x', type: 'unknown', help: '', unit: 'bytes' },
    ])
  })

  it('reads labels that stand behind and between the samples', () => {
    const labels = encode1('TimeSeries', { labels: up.map(([name, value]) => ({ name, value })) })
    const samples = encode1('TimeSeries', { samples: [{ value: 5, timestamp: at }] })
    for (const parts of [
      [samples, labels],
      [labels.subarray(0, labels[1] + 2), samples, labels.subarray(labels[1] + 2), samples.subarray(0, 0)],
    ]) {
      const message = Buffer.concat(parts)
      const body = Buffer.concat([Buffer.of(0x0a, message.length), message])
      expect(samplesOf(decodeRemoteWrite(body, context()))).toEqual([[up, Number(at), 5]])
    }
  })

  it('rejects a series of which the inside is broken, and goes on', () => {
    const good = encodeV1([{ labels: up, samples: [{ value: 1, timestamp: at }] }])
    const broken = Buffer.of(0x0a, 3, 0x12, 0x50, 0x09)
    const batch = decodeRemoteWrite(Buffer.concat([good, broken, good]), context())
    expect(batch.sampleCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
  })

  it('rejects labels that are not valid UTF-8', () => {
    const body = Buffer.from(encodeV1([{ labels: [['__name__', 'aXb']], samples: [{ value: 1, timestamp: at }] }]))
    body[body.indexOf('X')] = 0xff
    expect(decodeRemoteWrite(body, context()).decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
  })

  it('is an error where the frame is broken', () => {
    expect(() => decodeRemoteWrite(Buffer.of(0x0a, 0x7f, 0x00), context())).toThrow(DecodeError)
  })
})

describe('remote_write 2.0', () => {
  it('hands the metadata of a family on once', () => {
    const symbols = ['', '__name__', 'h_bucket', 'le', '1', '2', 'Latency.', 'seconds']
    const metadata = { type: 3, helpRef: 6, unitRef: 7 }
    const timeseries = [
      { labelsRefs: [1, 2, 3, 4], metadata },
      { labelsRefs: [1, 2, 3, 5], metadata },
    ]
    const batch = decodeRemoteWriteV2(encode2('Request', { symbols, timeseries }), context())
    expect(batch.metadata).toEqual([{ name: 'h', type: 'histogram', help: 'Latency.', unit: 'seconds' }])
  })

  const broken: readonly (readonly [string, Record<string, unknown>])[] = [
    ['a reference outside the symbols', { labelsRefs: [1, 9] }],
    ['an odd number of references', { labelsRefs: [1, 2, 1] }],
    ['a metadata reference outside the symbols', { labelsRefs: [1, 2], metadata: { type: 1, helpRef: 77 } }],
  ]
  it.each(broken)('rejects a series with %s', (_name, bad) => {
    const samples = [{ value: 1, timestamp: at }]
    const timeseries = [
      { ...bad, samples },
      { labelsRefs: [1, 2], samples },
    ]
    const batch = decodeRemoteWriteV2(encode2('Request', { symbols: ['', '__name__', 'up'], timeseries }), context())
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed' }])
    expect(batch.sampleCount).toBe(1)
  })

  it('is an error where the first symbol is not empty', () => {
    expect(() => decodeRemoteWriteV2(encode2('Request', { symbols: ['x'] }), context())).toThrow(DecodeError)
  })

  it('passes over start timestamps', () => {
    const samples = [{ value: 1, timestamp: at, startTimestamp: at - 5n }]
    const batch = decodeRemoteWriteV2(encodeV2([{ labels: up, samples }], { createdTimestamp: at - 5n }), context())
    expect(samplesOf(batch)).toEqual([[up, Number(at), 1]])
  })
})
