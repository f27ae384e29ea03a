import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch, RowMask } from '../../model/batch.ts'
import type { TrialLine } from '../../model/setup/log-pipelines.ts'
import { type BatchBeside, type EncodedSink, JournalFull, Overloaded } from '../../model/sink.ts'
import { defaultTenant, type TenantId } from '../../model/tenant.ts'
import { createLedger } from '../ledger.ts'
import { defaultIngestLimits } from '../limits.ts'
import { logBatch, rowOf } from '../lines/log-batch-suite.ts'
import { createPipeline } from '../pipeline.ts'
import type { CompiledPipeline } from './compiled-pipeline.ts'
import { batchOfLines } from './dry-run.ts'
import { outcomeOf, pipelineOf, testNowMs } from './pipelines-suite.ts'
import { runPipelines, runPipelinesInTurns } from './run-pipelines.ts'
import { TenantMetrics } from './tenant-metrics.ts'

const seed = 20_261_123
const audit = 7 as TenantId

describe('stages of one pipeline', () => {
  const failing = { type: 'regex', pattern: '(?P<x>never)' }

  it.each([
    [
      'next',
      [
        { ...failing, on_failure: 'next' },
        { type: 'set', fields: { after: 'yes' } },
      ],
      'kept',
      'yes',
    ],
    [
      'end',
      [
        { ...failing, on_failure: 'end' },
        { type: 'set', fields: { after: 'yes' } },
      ],
      'kept',
      undefined,
    ],
    ['drop', [{ ...failing, on_failure: 'drop' }], 'dropped', undefined],
  ])('a failure marks the line and lets it go on: %s', (_name, stages, fate, after) => {
    const outcome = outcomeOf(pipelineOf(stages), { body: 'a line' })
    expect(outcome).toMatchObject({ fate, failure: 'under-test: stages[0] regex: the pattern is not found' })
    expect(outcome.after.attributes.after).toBe(after)
  })

  it('the first failure is the one that is told of', () => {
    const stages = [failing, { type: 'json' }, { type: 'logfmt' }]
    expect(outcomeOf(pipelineOf(stages), { body: 'a line' }).failure).toContain('stages[0] regex')
  })

  it.each([
    [{ all: [{ field: 'a', equals: 7 }] }, { a: '7' }, true],
    [{ all: [{ field: 'a', exists: false }] }, {}, true],
    [{ all: [{ field: 'a', exists: true }] }, { a: '' }, false],
    [
      {
        any: [
          { field: 'a', equals: 'x' },
          { field: 'b', one_of: ['y', 1] },
        ],
      },
      { b: '1' },
      true,
    ],
    [{ none: [{ field: 'a', contains: 'x' }] }, { a: 'axb' }, false],
    [{ all: [{ field: 'a', at_least: 400, below: 500 }] }, { a: '404' }, true],
    [{ all: [{ field: 'a', at_least: 400, below: 500 }] }, { a: '500' }, false],
    [{ all: [{ field: 'a', below: 500 }] }, { a: 'x' }, false],
    [{ all: [{ field: 'a', matches: '^x+$', starts_with: 'xx' }] }, { a: 'xxx' }, true],
    [{ all: [{ field: 'service.name', equals: 'cart' }] }, {}, true],
    [{ all: [{ field: 'attributes.service.name', equals: 'cart' }] }, {}, false],
  ])('%j of %j is %s', (when, attributes, fits) => {
    const line: TrialLine = { body: 'x', attributes, resource: { 'service.name': 'cart' } }
    expect(outcomeOf(pipelineOf([{ type: 'drop', when }]), line).fate).toBe(fits ? 'dropped' : 'kept')
  })

  it.each([
    ['2026-01-30T10:00:00.123456789Z', '2026-01-30T10:00:00.123456789Z'],
    ['1769860800', '2026-01-31T12:00:00.000Z'],
    ['31/Jan/2026:13:00:00 +0100', '2026-01-31T12:00:00.000Z'],
    ['Jan 31 11:58:01', '2026-01-31T11:58:01.000Z'],
  ])('a time is set from %j', (text, wanted) => {
    const outcome = outcomeOf(pipelineOf([{ type: 'set', fields: { time: text } }]), { body: 'x' })
    expect(outcome).toMatchObject({ failure: '', after: { time: wanted } })
  })

  it('what cannot be read as a time, severity or id fails and changes nothing', () => {
    for (const field of ['time', 'severity', 'trace_id', 'span_id']) {
      const outcome = outcomeOf(pipelineOf([{ type: 'set', fields: { [field]: 'tomorrow' } }]), { body: 'x' })
      expect(outcome.failure).toContain('stages[0] set')
      expect({ ...outcome.after, attributes: {} }).toEqual(outcome.before)
    }
  })

  it('samples a share of lines that is near the one asked for, and keeps traces whole', () => {
    const pipeline = pipelineOf([{ type: 'sample', keep: 0.25 }])
    const lines = Array.from({ length: 4000 }, (_, i): TrialLine => ({ body: i % 2 === 0 ? 'same' : `line ${i}` }))
    let kept = lines.length
    runPipelines(batchOfLines(lines, testNowMs), { pipelines: [pipeline], nowMs: testNowMs }).leftOut.forEach(() => {
      kept -= 1
    })
    expect(kept / lines.length).toBeGreaterThan(0.2)
    expect(kept / lines.length).toBeLessThan(0.3)
    for (let i = 0; i < 50; i++) {
      const traceId = (i + 1).toString(16).padStart(32, '0')
      const fates = new Set(['a', 'b', 'c'].map((body) => outcomeOf(pipeline, { body, traceId }).fate))
      expect(fates.size).toBe(1)
    }
  })
})

describe('a batch', () => {
  it('is the same batch where no stage changes anything', () => {
    const batch = logBatch([
      { body: 'a', attributes: { x: '1' } },
      { body: 'b', severityText: 'INFO' },
    ])
    const { batch: after } = runPipelines(batch, {
      pipelines: [pipelineOf([{ type: 'match', all: [{ field: 'x', equals: '9' }] }])],
      nowMs: 0,
    })
    expect(after.attributes).toBe(batch.attributes)
    expect(after.body).toBe(batch.body)
    expect(after.severityText).toBe(batch.severityText)
  })

  it('is written anew as each of its lines would be alone', () => {
    const pipeline = pipelineOf([
      { type: 'set', fields: { added: '{{body}}!' }, when: { all: [{ field: 'body', contains: 'a' }] } },
      { type: 'set', fields: { body: '<{{x}}>' }, when: { all: [{ field: 'x', equals: '1' }] } },
      { type: 'rename', fields: { y: 'x' } },
      { type: 'remove', fields: ['z*'] },
      { type: 'set', fields: { severity: 'warn' }, when: { all: [{ field: 'body', contains: 'ß' }] } },
    ])
    const row = fc.record({
      body: fc.string({ unit: fc.constantFrom('a', 'b', 'ß', ' ') }),
      attributes: fc.dictionary(fc.constantFrom('x', 'y', 'z1', 'z2', 'added'), fc.constantFrom('', '1', 'ü')),
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const { batch } = runPipelines(logBatch(rows), { pipelines: [pipeline], nowMs: testNowMs })
        for (const [i, line] of rows.entries()) {
          const { after } = outcomeOf(pipeline, line)
          const { body, attributes, severityText, types } = rowOf(batch, i)
          expect({ body, attributes, severity: severityText }).toEqual({
            ...{ body: after.body, attributes: after.attributes, severity: after.severity },
          })
          expect(types).toHaveLength(Object.keys(attributes).length)
        }
      }),
      { seed, numRuns: 150 },
    )
  })

  it('lets other work go on where it is large, and comes to the same', async () => {
    const pipelines = [pipelineOf([{ type: 'set', fields: { copy: '{{body}}' } }])]
    const rows = Array.from({ length: 2_500 }, (_, i) => ({ body: `${i}` }))
    let turns = 0
    const running = runPipelinesInTurns(logBatch(rows), { pipelines, nowMs: 0 })
    setImmediate(() => {
      turns += 1
    })
    const { batch } = await running
    expect(turns).toBe(1)
    expect(batch.attributes).toEqual(runPipelines(logBatch(rows), { pipelines, nowMs: 0 }).batch.attributes)
  })

  it('goes through several pipelines; one that a line leaves does not keep it from the next', () => {
    const first = pipelineOf([
      { type: 'match', all: [{ field: 'x', equals: '9' }] },
      { type: 'set', fields: { a: 1 } },
    ])
    const second = pipelineOf([{ type: 'set', fields: { b: 2 } }])
    const { batch } = runPipelines(logBatch([{ body: 'l' }]), { pipelines: [first, second], nowMs: 0 })
    expect(rowOf(batch, 0).attributes).toEqual({ b: '2' })
  })
})

/** Takes what it is given, or fails; remembers the rows that are kept, by tenant and days. */
class RowsSink implements EncodedSink {
  failure: Error | null = null
  appends = 0
  readonly rows: string[] = []
  async append(batch: Batch, reject: RowMask = null, beside: readonly BatchBeside[] = []) {
    if (this.failure !== null) throw this.failure
    this.appends += 1
    for (const part of [{ batch, reject }, ...beside]) this.#note(part)
    return { acceptedRows: 0, rejections: [] }
  }
  #note({ batch, reject }: BatchBeside): void {
    if (batch.signal !== 'logs') return
    for (let row = 0; row < batch.rowCount; row++)
      if (reject === null || reject[row] === 0) {
        const service = batch.resources[batch.resource[row]].attributes[0].value
        this.rows.push(`${batch.tenant}/${batch.retentionDays ?? '-'} ${service} ${rowOf(batch, row).body}`)
      }
  }
}

describe('the way to the journal', () => {
  const clock = { nowMs: () => testNowMs, after: () => () => {} }
  const places = [
    { type: 'route', tenant: 'audit', when: { all: [{ field: 'body', starts_with: 'pay' }] } },
    { type: 'route', retention: 'short', when: { all: [{ field: 'body', starts_with: 'debug' }] } },
    { type: 'drop', when: { all: [{ field: 'body', starts_with: 'noise' }] } },
    { type: 'sample', keep: 0, when: { all: [{ field: 'body', starts_with: 'many' }] } },
  ]

  function build(stages: readonly Readonly<Record<string, unknown>>[], limitOf: Partial<Record<number, number>> = {}) {
    const sink = new RowsSink()
    const ledger = createLedger(clock)
    const metrics = new TenantMetrics()
    const pipelines: readonly CompiledPipeline[] = [pipelineOf(stages, metrics)]
    const pipeline = createPipeline({
      ...{ sink, ledger, clock },
      limits: (tenant) => ({ ...defaultIngestLimits, rowsPerSecond: limitOf[tenant] ?? 0 }),
      userPipelines: (tenant) => (tenant === defaultTenant ? pipelines : []),
    })
    const accounts = () =>
      ledger.entries().map(({ tenant, receivedRows, rejectedRows, waitingRows, rejections }) => ({
        ...{ tenant, received: receivedRows, rejected: rejectedRows, waiting: waitingRows },
        reasons: Object.fromEntries(rejections.map(({ reason, count }) => [reason, count])),
      }))
    return { sink, pipeline, accounts, metrics }
  }

  const old = BigInt(testNowMs - 90 * 86_400_000) * 1_000_000n
  const rows = [
    { body: 'plain', resource: 0 },
    { body: 'pay 1', resource: 1 },
    { body: 'pay late', resource: 2, time: old },
    { body: 'debug 1', resource: 3 },
    { body: 'noise', resource: 0 },
    { body: 'many', resource: 0 },
    { body: 'late', resource: 0, time: old },
  ]

  it('every row is counted once for each tenant that had it, and the sender hears of its own faults only', async () => {
    const { sink, pipeline, accounts } = build(places)
    const outcome = await pipeline.append(logBatch(rows))
    expect(sink.appends).toBe(1)
    expect(sink.rows).toEqual(['1/- source-0 plain', '1/3 source-3 debug 1', '7/- source-1 pay 1'])
    expect(outcome).toEqual({
      acceptedRows: 5,
      rejectedRows: Uint8Array.of(0, 0, 1, 0, 0, 0, 1),
      rejections: [expect.objectContaining({ reason: 'too_old', count: 2 })],
    })
    expect(accounts()).toEqual([
      {
        ...{ tenant: 1, received: 7, rejected: 5, waiting: 2 },
        reasons: { dropped_by_pipeline: 1, sampled: 1, routed_to_tenant: 2, too_old: 1 },
      },
      { tenant: 7, received: 2, rejected: 1, waiting: 1, reasons: { too_old: 1 } },
    ])
  })

  it('the other tenant gets no resource of rows that stay', async () => {
    const { sink, pipeline } = build(places)
    const seen: number[] = []
    sink.append = (_batch, _reject, beside = []) => {
      for (const { batch } of beside)
        if (batch.signal === 'logs' && batch.tenant === audit) seen.push(batch.resources.length)
      return Promise.resolve({ acceptedRows: 0, rejections: [] })
    }
    await pipeline.append(logBatch(rows))
    expect(seen).toEqual([2])
  })

  it('where nothing stays, what goes elsewhere is stored all the same', async () => {
    const { sink, pipeline } = build(places)
    await pipeline.append(logBatch([{ body: 'pay' }, { body: 'debug' }, { body: 'noise' }]))
    expect(sink.rows).toEqual(['1/3 source-0 debug', '7/- source-0 pay'])
    await pipeline.append(logBatch([{ body: 'noise' }]))
    expect(sink.appends).toBe(1)
  })

  it('a request that is refused leaves nothing behind: no row, no count, no metric', async () => {
    const counting = { type: 'metric', name: 'lines', kind: 'counter' }
    const { sink, pipeline, accounts, metrics } = build([counting, ...places])
    sink.failure = new JournalFull('full', 1)
    await expect(pipeline.append(logBatch(rows))).rejects.toThrow(JournalFull)
    expect(accounts().map(({ received, rejected }) => [received, rejected])).toEqual([
      [0, 0],
      [0, 0],
    ])
    sink.failure = null
    await pipeline.append(logBatch(rows))
    expect(metrics.all[0].collect(testNowMs + 1, 1e9).map(({ value }) => value)).toEqual([0, 7])
  })

  it('rows that would be too many for another tenant refuse the whole request', async () => {
    const { pipeline, accounts, sink } = build(places, { [audit]: 1 })
    await pipeline.append(logBatch([{ body: 'pay' }, { body: 'pay' }, { body: 'pay' }]))
    await expect(pipeline.append(logBatch(rows))).rejects.toThrow(Overloaded)
    expect(sink.appends).toBe(1)
    expect(accounts().map(({ tenant, received }) => [tenant, received])).toEqual([
      [1, 3],
      [7, 3],
    ])
  })

  it('a tenant without pipelines is untouched', async () => {
    const { sink, pipeline } = build(places)
    const batch = { ...logBatch([{ body: 'pay' }]), tenant: 9 as TenantId }
    await pipeline.append(batch)
    expect(sink.rows).toEqual(['9/- source-0 pay'])
  })
})
