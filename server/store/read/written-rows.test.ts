import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openJournal } from '../../journal/open-journal.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { logBatch, metricBatch, resourceOf, spanBatch, text } from '../load/batches-fixture-suite.ts'
import { HandClock } from '../load/hand-clock-suite.ts'
import { IngestWriter } from '../load/ingest-writer.ts'
import { Loader } from '../load/loader.ts'
import { conditionOf } from './field.ts'
import { sql } from './fragment.ts'
import { listLogs } from './logs.ts'
import { openReadFixture, type ReadFixture, testScope } from './read-fixture-suite.ts'
import { seriesFigures } from './samples.ts'
import { knownServices, labelField, selectSeries, seriesOfServices } from './series.ts'
import { spansOfTrace } from './spans.ts'
import { rowsOf } from './tenant-rows.ts'
import { searchTraces } from './trace-search.ts'

/** Wider than any trace of these tests. */
const always = { startNs: 0n, endNs: 2n ** 62n }

const nowMs = Date.parse('2026-11-23T12:00:00Z')
const now = BigInt(nowMs) * 1_000_000n
const range = { startNs: now - 3_600_000_000_000n, endNs: now + 1n }
const traceId = '00112233445566778899aabbccddeeff'
const resources = [resourceOf({ 'service.name': 'payment', 'service.namespace': 'shop', 'host.name': 'h1' })]
const scope = testScope()

let fixture: ReadFixture
let folder: string

/** Takes the whole way of real rows: encoder, journal, loader. */
beforeAll(async () => {
  fixture = await openReadFixture()
  folder = mkdtempSync(join(tmpdir(), 'written-rows-'))
  const clock = new HandClock(nowMs)
  const logger = silentLogger()
  const { journal, recovery } = await openJournal({ folder, maxBytes: 1 << 26, clock, logger })
  const ledger = { received() {}, returned() {}, rejected() {}, stored() {}, recovered() {}, entries: () => [] }
  const writer = new IngestWriter({ journal, clock, retention: () => 400 })
  const loader = new Loader({ journal, store: fixture.store, ledger, clock, logger, recovered: recovery.waiting })
  const write = async (batch: Parameters<IngestWriter['append']>[0]) => {
    const done = writer.append(batch)
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(100)
    await done
  }
  const event = { time: now - 5n, name: 'exception', attributes: [text('exception.type', 'Timeout')] }
  const link = { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), attributes: [text('why', 'retry')] }
  const child = {
    ...{ traceId, spanId: '00000000000000b2', parentId: '00000000000000a1', start: now - 90n, end: now - 40n },
  }
  await write(
    spanBatch(
      [
        {
          ...child,
          name: 'query',
          kind: 3,
          status: 2,
          statusMessage: 'too late',
          events: [event],
          links: [link],
          attributes: [text('db.system', 'postgresql'), { key: 'n', type: 'i', value: '9007199254740993' }],
        },
      ],
      { resources },
    ),
  )
  await write(
    spanBatch(
      [
        { traceId, spanId: '00000000000000a1', start: now - 100n, end: now - 1n, name: 'charge', kind: 2 },
        { ...child, traceId: 'a'.repeat(32), end: now - 95n, name: 'clock stepped back' },
      ],
      { resources },
    ),
  )
  await write(
    logBatch(
      [
        {
          time: now - 7n,
          severity: 17,
          body: 'naïve 💥 "quoted" \\ \u0000',
          traceId,
          spanId: '00000000000000b2',
          attributes: [text('__proto__', 'x'), text("k'ey", 'v')],
        },
        { time: now - 6n, severityText: 'Critical', body: '{"a":1}', bodyType: 'm' },
      ],
      { resources },
    ),
  )
  const labels = { __name__: 'db_connections_active', job: 'shop/payment', instance: 'p:1' }
  const table = (await createSeriesTables({ maxSeries: 1000 })).of(defaultTenant)
  const values = [
    1,
    0.25,
    -0,
    1e300,
    0.1 + 0.2,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    0x7ff0000000000002n,
    123456789012345,
    -7.5,
  ]
  await write(
    metricBatch(
      table,
      values.map((value, i) => ({ labels, ms: nowMs - 600_000 + i * 1000, value })),
    ),
  )
  await loader.loadAll()
  await journal.close()
})
afterAll(async () => {
  await fixture.close()
  rmSync(folder, { recursive: true })
})

describe('what was written is read', () => {
  it('spans of a trace that arrived in two commits', async () => {
    const found = await spansOfTrace(fixture.reader, scope, { traceId, bounds: always })
    expect(found?.spans.map((span) => span.name)).toEqual(['charge', 'query'])
    expect(found?.spans[1]).toEqual({
      ...{ traceId, spanId: '00000000000000b2', parentSpanId: '00000000000000a1', service: 'payment', name: 'query' },
      ...{ kind: 'client', status: 'error', statusMessage: 'too late', startNs: now - 90n, durationNs: 50 },
      attributes: { 'db.system': 'postgresql', n: '9007199254740993' },
      resource: { 'service.name': 'payment', 'service.namespace': 'shop', 'host.name': 'h1' },
      events: [{ timeNs: now - 5n, name: 'exception', attributes: { 'exception.type': 'Timeout' } }],
      links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), attributes: { why: 'retry' } }],
    })
  })

  it('traces by search, with the figures of all their commits', async () => {
    const found = await searchTraces(fixture.reader, scope, {
      ...{ rows: sql`${rowsOf('spans')}`, conditions: [sql`name = 'query'`], order: 'slowest', limit: 9 },
    })
    expect(found).toEqual([
      {
        ...{ traceId, startNs: now - 100n, durationNs: 99, rootService: 'payment', rootName: 'charge' },
        ...{ services: ['payment'], spanCount: 2, errorCount: 1, matchedSpans: 1 },
        longest: { spanId: '00000000000000b2', service: 'payment', name: 'query', durationNs: 50 },
      },
    ])
  })

  it('a span whose clock stepped back has no duration', async () => {
    const found = await spansOfTrace(fixture.reader, scope, { traceId: 'a'.repeat(32), bounds: always })
    expect(found?.spans.map((span) => span.durationNs)).toEqual([0])
  })

  it('log records byte for byte', async () => {
    const found = await listLogs(fixture.reader, scope, {
      rows: sql`${rowsOf('logs')}`,
      conditions: [],
      order: 'oldest',
      limit: 9,
    })
    expect(found.map((log) => [log.timeNs, log.level, log.body, log.traceId])).toEqual([
      [now - 7n, 'ERROR', 'naïve 💥 "quoted" \\ \u0000', traceId],
      [now - 6n, 'FATAL', '{"a":1}', ''],
    ])
    expect(Object.entries(found[0].attributes)).toEqual([
      ['__proto__', 'x'],
      ["k'ey", 'v'],
    ])
  })

  it('finite samples to the last bit, found by the service of their job', async () => {
    const conditions = [
      await seriesOfServices(fixture.reader, scope, { services: ['payment'], range }),
      conditionOf(labelField('job'), { operator: 'eq', text: 'shop/payment' }),
    ]
    const { series } = await selectSeries(fixture.reader, scope, { range, conditions, limit: 9 })
    expect(series.map((one) => one.labels)).toEqual([
      { __name__: 'db_connections_active', job: 'shop/payment', instance: 'p:1' },
    ])
    const at = async (i: number) => {
      const startNs = BigInt(nowMs - 600_000 + i * 1000) * 1_000_000n
      const [found] = await seriesFigures(fixture.reader, scope, {
        series,
        range: { startNs, endNs: startNs + 1_000_000n },
      })
      return found?.last
    }
    const read = await Promise.all(Array.from({ length: 10 }, (_, i) => at(i)))
    expect(read).toEqual([1, 0.25, -0, 1e300, 0.1 + 0.2, undefined, undefined, undefined, 123456789012345, -7.5])
  })

  it('services', async () => {
    expect(await knownServices(fixture.reader, scope, { sinceNs: range.startNs, limit: 9 })).toEqual(['payment'])
  })
})
