import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Batch, LogBatch, MetricBatch, RowMask, SpanBatch } from '../model/batch.ts'
import type { AttributesColumn, BytesColumn, DictionaryColumn } from '../model/columns.ts'
import type { Ledger } from '../model/ledger.ts'
import { type NativeHistogram, staleHigh, staleLow } from '../model/metric.ts'
import { createSeriesTables } from '../model/series-interner.ts'
import type { SeriesTable } from '../model/series-table.ts'
import { type BatchSink, type EncodedSink, JournalFull, Overloaded } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import type { DeltaBounds } from './delta-state.ts'
import { createLedger } from './ledger.ts'
import { defaultIngestLimits, type IngestLimits } from './limits.ts'
import { createPipeline } from './pipeline.ts'

const nowMs = Date.parse('2026-01-31T00:00:00Z')
const nowNano = BigInt(nowMs) * 1_000_000n

/** The end of the chain: keeps what it is given, or fails. */
class RecordingSink implements EncodedSink {
  readonly taken: { batch: Batch; mask: RowMask }[] = []
  failure: Error | null = null
  async append(batch: Batch, mask: RowMask = null) {
    if (this.failure !== null) throw this.failure
    this.taken.push({ batch, mask })
    return { acceptedRows: batch.rowCount, rejections: [] }
  }
  get last() {
    return this.taken[this.taken.length - 1]
  }
  metrics(): MetricBatch {
    return this.last.batch as MetricBatch
  }
  logs(): LogBatch {
    return this.last.batch as LogBatch
  }
}

let sink: RecordingSink
let ledger: Ledger
let pipeline: BatchSink
let table: SeriesTable
let time = nowMs

function build(limits: Partial<IngestLimits> = {}, deltaBounds?: DeltaBounds): void {
  const clock = { nowMs: () => time, after: () => () => {} }
  sink = new RecordingSink()
  ledger = createLedger(clock)
  pipeline = createPipeline({ sink, ledger, clock, limits: () => ({ ...defaultIngestLimits, ...limits }), deltaBounds })
}

beforeEach(async () => {
  time = nowMs
  table = (await createSeriesTables()).of(defaultTenant)
  build()
})

const seriesRef = (name: string) => table.intern([['__name__', name]])

function pairs(times: readonly bigint[]): Uint32Array {
  return new Uint32Array(BigUint64Array.from(times).buffer)
}

const dictionary = (rows: readonly string[]): DictionaryColumn => {
  const values = [...new Set(['', ...rows])]
  return { values, indexes: Uint32Array.from(rows, (row) => values.indexOf(row)) }
}

const noBytes = (rows: number): BytesColumn => ({ data: new Uint8Array(0), offsets: new Uint32Array(rows + 1) })

const noAttributes = (rows: number): AttributesColumn => ({
  offsets: new Uint32Array(rows + 1),
  keys: dictionary([]),
  values: noBytes(0),
  types: dictionary(Array.from({ length: rows }, () => '')),
})

interface LogRow {
  readonly time?: bigint
  readonly observed?: bigint
  readonly number?: number
  readonly text?: string
}

const common = { tenant: defaultTenant, receiver: 'otlp_http', decodeRejections: [], receivedBytes: 100 }
const scope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
const resource = (...attributes: [key: string, value: string][]) => ({
  attributes: attributes.map(([key, value]) => ({ key, value, type: 's' as const })),
  droppedAttributesCount: 0,
  schemaUrl: '',
})

function logs(rows: readonly LogRow[], rest: Partial<LogBatch> = {}): LogBatch {
  return {
    ...common,
    signal: 'logs',
    rowCount: rows.length,
    resources: [resource(['service.name', 'shop'])],
    resource: new Uint32Array(rows.length),
    scopes: [scope],
    scope: new Uint32Array(rows.length),
    timeUnixNano: pairs(rows.map((row) => row.time ?? 0n)),
    observedUnixNano: pairs(rows.map((row) => row.observed ?? 0n)),
    severityNumber: Uint8Array.from(rows, (row) => row.number ?? 0),
    severityText: dictionary(rows.map((row) => row.text ?? '')),
    body: noBytes(rows.length),
    bodyType: new Uint8Array(rows.length).fill(115),
    attributes: noAttributes(rows.length),
    droppedAttributesCount: new Uint32Array(rows.length),
    traceId: new Uint8Array(16 * rows.length),
    spanId: new Uint8Array(8 * rows.length),
    flags: new Uint32Array(rows.length),
    eventName: dictionary(rows.map(() => '')),
    ...rest,
  }
}

function spans(starts: readonly bigint[]): SpanBatch {
  const rows = starts.length
  const events = { offsets: new Uint32Array(rows + 1), name: dictionary([]), attributes: noAttributes(0) }
  const none = { droppedAttributesCount: new Uint32Array(0), timeUnixNano: new Uint32Array(0) }
  const links = { traceId: new Uint8Array(0), spanId: new Uint8Array(0), traceState: dictionary([]) }
  const words = () => new Uint32Array(rows)
  return {
    ...common,
    signal: 'traces',
    rowCount: rows,
    resources: [resource(), resource(['service.name', '']), resource(['service.name', 'shop'])],
    resource: words(),
    scopes: [scope],
    scope: words(),
    traceId: new Uint8Array(16 * rows).fill(1),
    spanId: new Uint8Array(8 * rows).fill(1),
    parentSpanId: new Uint8Array(8 * rows),
    traceState: dictionary(starts.map(() => '')),
    flags: words(),
    name: dictionary(starts.map(() => 'GET')),
    kind: new Uint8Array(rows),
    startUnixNano: pairs(starts),
    endUnixNano: pairs(starts),
    statusCode: new Uint8Array(rows),
    statusMessage: dictionary(starts.map(() => '')),
    attributes: noAttributes(rows),
    droppedAttributesCount: words(),
    droppedEventsCount: words(),
    droppedLinksCount: words(),
    events: { ...events, ...none },
    links: { ...events, ...links, ...none, flags: new Uint32Array(0) },
  }
}

interface Sample {
  readonly name: string
  readonly value: number
  readonly at?: number
  readonly isDelta?: boolean
}

function metrics(samples: readonly Sample[], histograms: readonly NativeHistogram[] = []): MetricBatch {
  return {
    ...common,
    signal: 'metrics',
    rowCount: samples.length + histograms.length,
    series: table,
    sampleCount: samples.length,
    ref: Uint32Array.from(samples, ({ name }) => seriesRef(name)),
    timestampMs: Float64Array.from(samples, ({ at }) => at ?? nowMs),
    value: Float64Array.from(samples, ({ value }) => value),
    isDelta: samples.some(({ isDelta }) => isDelta) ? Uint8Array.from(samples, (s) => (s.isDelta ? 1 : 0)) : null,
    histograms,
    exemplars: [],
    metadata: [],
  }
}

function histogram(name: string, rest: Partial<NativeHistogram>): NativeHistogram {
  return {
    ref: seriesRef(name),
    timestampMs: nowMs,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    positiveCounts: [],
    negativeSpans: [],
    negativeCounts: [],
    customBounds: [],
    resetHint: 0,
    isFloat: false,
    isDelta: true,
    ...rest,
  }
}

const delta = (value: number, at: number): Sample => ({ name: 'c', value, at, isDelta: true })
const figures = () => {
  const [{ receivedRows, storedRows, rejectedRows, waitingRows }] = ledger.entries()
  return { receivedRows, storedRows, rejectedRows, waitingRows }
}

describe('logs are filled in', () => {
  it.each([
    // name                                    row                                          time           observed
    ['both times stay', { time: nowNano, observed: nowNano + 1n }, nowNano, nowNano + 1n],
    ['time 0 becomes the observed time', { observed: nowNano - 5n }, nowNano - 5n, nowNano - 5n],
    ['both 0 become now', {}, nowNano, nowNano],
    ['observed 0 becomes now', { time: nowNano - 7n }, nowNano - 7n, nowNano],
  ])('%s', async (_name, row, wantTime, wantObserved) => {
    await pipeline.append(logs([row]))
    expect(sink.logs().timeUnixNano).toEqual(pairs([wantTime]))
    expect(sink.logs().observedUnixNano).toEqual(pairs([wantObserved]))
  })

  it.each([
    // number, text → number, text
    [17, 'boom', 17, 'boom'],
    [17, '', 17, 'ERROR'],
    [10, '', 10, 'INFO2'],
    [0, 'Warning', 13, 'Warning'],
    [0, ' err ', 17, ' err '],
    [0, 'debug3', 7, 'debug3'],
    [0, 'constructor', 0, 'constructor'],
    [0, '', 0, ''],
    [200, '', 0, ''],
    [200, 'fatal', 21, 'fatal'],
  ])('severity %d %j becomes %d %j', async (number, text, wantNumber, wantText) => {
    await pipeline.append(
      logs([
        { number: 9, text: 'first' },
        { number, text },
      ]),
    )
    const batch = sink.logs()
    expect(batch.severityNumber[1]).toBe(wantNumber)
    expect(batch.severityText.values[batch.severityText.indexes[1]]).toBe(wantText)
    expect(batch.severityText.values[0]).toBe('')
  })

  it('a text that the batch knows already is not added to its dictionary again', async () => {
    await pipeline.append(logs([{ number: 17, text: 'ERROR' }, { number: 17 }, { number: 17 }]))
    expect(sink.logs().severityText.values).toEqual(['', 'ERROR'])
    expect([...sink.logs().severityText.indexes]).toEqual([1, 1, 1])
  })

  it('a resource without a service name, or an empty one, gets unknown_service', async () => {
    await pipeline.append(spans([nowNano]))
    const { resources } = sink.last.batch as SpanBatch
    expect(resources.map(({ attributes }) => attributes)).toEqual([
      [{ key: 'service.name', type: 's', value: 'unknown_service' }],
      [{ key: 'service.name', type: 's', value: 'unknown_service' }],
      [{ key: 'service.name', type: 's', value: 'shop' }],
    ])
  })
})

const day = 86_400_000n * 1_000_000n
const minute = 60n * 1_000_000_000n

describe('times outside the limits', () => {
  it.each([
    ['30 days ago to the nanosecond', nowNano - 30n * day, null],
    ['a minute older', nowNano - 30n * day - minute, 'too_old'],
    ['the first nanosecond of 1970', 1n, 'too_old'],
    ['10 minutes ahead', nowNano + 10n * minute, null],
    ['11 minutes ahead', nowNano + 11n * minute, 'too_new'],
    ['the last time of int64', 2n ** 63n - 1n, 'too_new'],
    ['the first beyond int64', 2n ** 63n, 'too_new'],
    ['the last of uint64', 2n ** 64n - 1n, 'too_new'],
  ] as const)('logs and spans: %s', async (_name, at, reason) => {
    for (const batch of [logs([{ time: nowNano }, { time: at }]), spans([nowNano, at])]) {
      const outcome = await pipeline.append(batch)
      expect(outcome.acceptedRows).toBe(reason === null ? 2 : 1)
      expect(outcome.rejections.map((rejection) => rejection.reason)).toEqual(reason === null ? [] : [reason])
      expect(sink.last.mask).toEqual(reason === null ? null : Uint8Array.of(0, 1))
    }
  })

  it.each([
    [Number(-(2n ** 63n)), 'too_old'],
    [0, 'too_old'],
    [nowMs + 600_001, 'too_new'],
    [Number(2n ** 63n), 'too_new'],
    [Number.NaN, 'too_old'],
  ])('samples and histograms at %d ms', async (at, reason) => {
    const batch = metrics(
      [
        { name: 'a', value: 1 },
        { name: 'b', value: 1, at },
      ],
      [histogram('h', { timestampMs: at })],
    )
    const outcome = await pipeline.append(batch)
    expect(outcome).toMatchObject({ acceptedRows: 1, acceptedHistograms: 0 })
    expect(outcome.rejections).toMatchObject([{ reason, count: 2 }])
    expect(sink.last.mask).toEqual(Uint8Array.of(0, 1, 1))
  })

  it('says which row, its time and what is allowed', async () => {
    const outcome = await pipeline.append(logs([{ time: nowNano }, { time: 1_000_000_000n }]))
    expect(outcome.rejections[0].sample).toBe(
      'logs[1]: time 1970-01-01T00:00:01.000Z is before the 30 days that are kept',
    )
    const ahead = await pipeline.append(logs([{ time: 2n ** 64n - 1n }]))
    expect(ahead.rejections[0].sample).toContain('is more than 10 minutes in the future')
  })

  it('a batch of nothing but rejected rows never reaches the sink', async () => {
    expect(await pipeline.append(logs([{ time: 1n }]))).toMatchObject({ acceptedRows: 0 })
    expect(sink.taken).toEqual([])
    expect(figures()).toEqual({ receivedRows: 1, storedRows: 0, rejectedRows: 1, waitingRows: 0 })
  })

  it('metadata without samples does', async () => {
    await pipeline.append({ ...metrics([]), metadata: [{ name: 'a', type: 'gauge', unit: '', help: '' }] })
    expect(sink.taken.length).toBe(1)
  })
})

describe('values', () => {
  it('NaN, infinities and the staleness marker pass with their bits', async () => {
    const batch = metrics([
      { name: 'a', value: Number.NaN },
      { name: 'b', value: Number.POSITIVE_INFINITY },
      { name: 'c', value: Number.NEGATIVE_INFINITY },
      { name: 'd', value: 0 },
    ])
    new Uint32Array(batch.value.buffer).set([staleLow, staleHigh], 6)
    const before = new Uint8Array(batch.value.buffer.slice(0))
    expect(await pipeline.append(batch)).toMatchObject({ acceptedRows: 4, rejections: [] })
    expect(new Uint8Array(sink.metrics().value.buffer)).toEqual(before)
  })
})

describe('accounting', () => {
  it('the decoder rejections count as received and rejected; same reasons are joined', async () => {
    const outcome = await pipeline.append(
      logs([{ time: nowNano }, { time: 1n }], {
        decodeRejections: [
          { reason: 'malformed', count: 2, sample: 'logs[4]: bad' },
          { reason: 'too_old', count: 1, sample: 'logs[9]: old' },
        ],
      }),
    )
    expect(outcome.acceptedRows).toBe(1)
    expect(outcome.rejections).toEqual([
      { reason: 'malformed', count: 2, sample: 'logs[4]: bad' },
      { reason: 'too_old', count: 2, sample: 'logs[9]: old' },
    ])
    expect(figures()).toEqual({ receivedRows: 5, storedRows: 0, rejectedRows: 4, waitingRows: 1 })
  })

  it.each([new JournalFull('full', 1000), new Overloaded('busy', 1000), new Error('broken')])(
    'what the sink refuses (%s) is taken back out of the ledger',
    async (failure) => {
      sink.failure = failure
      await expect(pipeline.append(logs([{ time: nowNano }, { time: 1n }]))).rejects.toBe(failure)
      expect(figures()).toEqual({ receivedRows: 0, storedRows: 0, rejectedRows: 0, waitingRows: 0 })
    },
  )

  it('a request beyond the rate is refused whole, counted nowhere, and told when to come back', async () => {
    build({ rowsPerSecond: 1 })
    await pipeline.append(logs([{}, {}, {}]))
    const refused = pipeline.append(logs([{}]))
    await expect(refused).rejects.toBeInstanceOf(Overloaded)
    await expect(refused).rejects.toMatchObject({ retryAfterMs: 2000 })
    expect(figures()).toMatchObject({ receivedRows: 3 })
    time += 2001
    expect(await pipeline.append(logs([{}]))).toMatchObject({ acceptedRows: 1 })
  })

  it('holds for any mix of good, bad and refused requests', async () => {
    const request = fc.record({
      ages: fc.array(fc.constantFrom(0n, 1n, 40n), { maxLength: 8 }),
      malformed: fc.nat(3),
      fails: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 10 }), async (requests) => {
        build()
        let stored = 0
        let rejected = 0
        for (const { ages, malformed, fails } of requests) {
          sink.failure = fails ? new JournalFull('full', 1) : null
          const decodeRejections = [{ reason: 'malformed' as const, count: malformed, sample: '' }]
          const batch = logs(
            ages.map((age) => ({ time: nowNano - age * day })),
            { decodeRejections },
          )
          const outcome = await pipeline.append(batch).catch(() => null)
          if (outcome === null) continue
          stored += outcome.acceptedRows
          rejected += outcome.rejections.reduce((sum, { count }) => sum + count, 0)
          expect(outcome.acceptedRows).toBe(ages.filter((age) => age < 30n).length)
        }
        const [entry] = ledger.entries()
        expect(entry?.waitingRows ?? 0).toBe(stored)
        expect(entry?.rejectedRows ?? 0).toBe(rejected)
      }),
      { seed: 3, numRuns: 100 },
    )
  })
})

describe('delta temporality becomes cumulative', () => {
  it('adds up per series, within a batch and across batches; cumulative samples are left alone', async () => {
    await pipeline.append(
      metrics([delta(5, nowMs - 3000), { name: 'd', value: 7, isDelta: true }, delta(2, nowMs - 2000)]),
    )
    expect([...sink.metrics().value]).toEqual([5, 7, 7])
    expect(sink.metrics().isDelta).toBeNull()
    await pipeline.append(
      metrics([
        delta(1, nowMs - 1000),
        { name: 'gauge', value: 3 },
        { name: 'd', value: 1, at: nowMs + 1, isDelta: true },
      ]),
    )
    expect([...sink.metrics().value]).toEqual([8, 3, 8])
  })

  it('rejects an increase that is not after the last one of its series', async () => {
    await pipeline.append(metrics([delta(5, nowMs)]))
    const outcome = await pipeline.append(metrics([delta(5, nowMs), delta(1, nowMs + 1)]))
    expect(outcome.rejections).toMatchObject([{ reason: 'out_of_order', count: 1 }])
    expect(sink.metrics().value[1]).toBe(6)
  })

  it('rejects increases that cannot be added, passes staleness markers', async () => {
    const batch = metrics([delta(Number.NaN, nowMs), delta(Number.POSITIVE_INFINITY, nowMs), delta(0, nowMs)])
    new Uint32Array(batch.value.buffer).set([staleLow, staleHigh], 4)
    const outcome = await pipeline.append(batch)
    expect(outcome.rejections).toMatchObject([{ reason: 'malformed', count: 2 }])
    expect([...new Uint32Array(sink.metrics().value.buffer).subarray(4)]).toEqual([staleLow, staleHigh])
  })

  it('a rejected row does not add to the total', async () => {
    await pipeline.append(metrics([delta(5, 1)]))
    await pipeline.append(metrics([delta(2, nowMs)]))
    expect([...sink.metrics().value]).toEqual([2])
  })

  it('what the sink refused is not counted twice when it comes again', async () => {
    await pipeline.append(metrics([delta(5, nowMs)]))
    sink.failure = new JournalFull('full', 1)
    await expect(pipeline.append(metrics([delta(3, nowMs + 1), delta(4, nowMs + 2)]))).rejects.toThrow('full')
    sink.failure = null
    await pipeline.append(metrics([delta(3, nowMs + 1), delta(4, nowMs + 2)]))
    expect([...sink.metrics().value]).toEqual([8, 12])
  })

  it('an increase stays in the total where a later request was stored before the refusal', async () => {
    let refuse: (error: Error) => void = () => {}
    const first = new Promise<never>((_resolve, reject) => {
      refuse = reject
    })
    const append = sink.append.bind(sink)
    sink.append = () => first
    const refused = pipeline.append(metrics([delta(3, nowMs + 1)]))
    sink.append = append
    await pipeline.append(metrics([delta(4, nowMs + 2)]))
    refuse(new JournalFull('full', 1))
    await expect(refused).rejects.toThrow('full')
    expect([...sink.metrics().value]).toEqual([7])
    const again = await pipeline.append(metrics([delta(3, nowMs + 1)]))
    expect(again.rejections).toMatchObject([{ reason: 'out_of_order' }])
    await pipeline.append(metrics([delta(1, nowMs + 3)]))
    expect([...sink.metrics().value]).toEqual([8])
  })

  it('forgets a series after its time, and rejects series beyond the bound', async () => {
    build({}, { maxSeries: 2, expiryMs: 60_000 })
    const three = ['x', 'y', 'z'].map((name) => ({ name, value: 1, isDelta: true }))
    const outcome = await pipeline.append(metrics(three))
    expect(outcome.rejections).toMatchObject([{ reason: 'cardinality_limit', count: 1 }])
    time += 60_000
    await pipeline.append(
      metrics([
        { name: 'z', value: 4, at: time, isDelta: true },
        { name: 'x', value: 4, at: time, isDelta: true },
      ]),
    )
    expect([...sink.metrics().value]).toEqual([4, 4])
  })

  it('adds histograms bucket by bucket, and meets at the coarser schema', async () => {
    const first = {
      schema: 1,
      count: 6,
      sum: 10,
      zeroCount: 1,
      positiveSpans: [
        { offset: -1, length: 2 },
        { offset: 3, length: 2 },
      ],
      positiveCounts: [1, 1, 2, 1],
    }
    const second = {
      schema: 0,
      count: 3,
      sum: 5,
      zeroCount: 1,
      timestampMs: nowMs + 1,
      positiveSpans: [{ offset: 0, length: 1 }],
      positiveCounts: [1],
      negativeSpans: [{ offset: 2, length: 1 }],
      negativeCounts: [1],
    }
    await pipeline.append(metrics([], [histogram('h', first)]))
    expect(sink.metrics().histograms[0]).toMatchObject({ ...first, isDelta: false })
    await pipeline.append(metrics([], [histogram('h', second)]))
    // Buckets -1, 0, 4, 5 of schema 1 are 0, 0, 2, 3 of schema 0.
    expect(sink.metrics().histograms[0]).toMatchObject({
      schema: 0,
      count: 9,
      sum: 15,
      zeroCount: 2,
      isDelta: false,
      positiveSpans: [
        { offset: 0, length: 1 },
        { offset: 1, length: 2 },
      ],
      positiveCounts: [3, 2, 1],
      negativeSpans: [{ offset: 2, length: 1 }],
      negativeCounts: [1],
    })
  })

  it('starts a histogram anew where the bounds differ', async () => {
    const custom = {
      schema: -53,
      count: 1,
      customBounds: [1, 2],
      positiveSpans: [{ offset: 0, length: 1 }],
      positiveCounts: [1],
    }
    await pipeline.append(metrics([], [histogram('h', custom)]))
    await pipeline.append(metrics([], [histogram('h', { ...custom, timestampMs: nowMs + 1 })]))
    expect(sink.metrics().histograms[0]).toMatchObject({ count: 2, positiveCounts: [2] })
    await pipeline.append(metrics([], [histogram('h', { ...custom, timestampMs: nowMs + 2, customBounds: [1, 3] })]))
    expect(sink.metrics().histograms[0]).toMatchObject({ count: 1, positiveCounts: [1] })
  })
})
