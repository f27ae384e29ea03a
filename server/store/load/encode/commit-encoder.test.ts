import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Batch } from '../../../model/batch.ts'
import type { NativeHistogram } from '../../../model/metric.ts'
import { createSeriesTables } from '../../../model/series-interner.ts'
import type { SeriesTables } from '../../../model/series-table.ts'
import { defaultTenant, type TenantId } from '../../../model/tenant.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLogger } from '../../../runtime/logger.ts'
import { openTestEngine } from '../../engine/engine-fixture-suite.ts'
import { migrate } from '../../schema/migrate.ts'
import { blockTables } from '../../schema/table-columns.ts'
import { logBatch, metricBatch, noScope, resourceOf, type SpanRow, spanBatch, text } from '../batches-fixture-suite.ts'
import { CommitEncoder, type EncodedCommit } from './commit-encoder.ts'

let engine: Awaited<ReturnType<typeof openTestEngine>>
let folder: string
let tables: SeriesTables
let encoder: CommitEncoder
let inserts = 0

beforeAll(async () => {
  engine = await openTestEngine()
  folder = mkdtempSync(join(tmpdir(), 'blocks-'))
  await migrate(engine.store, { layout: { cluster: null }, clock: systemClock, logger: silentLogger() })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  for (const { table } of blockTables) await engine.store.command({ sql: `TRUNCATE TABLE ${table}` })
  tables = await createSeriesTables()
  encoder = new CommitEncoder((tenant, signal) =>
    tenant === defaultTenant ? { metrics: 400, logs: 30, traces: 20 }[signal] : 7,
  )
})

const second = 1_000_000_000n
/** 2026-11-23T10:00:00Z */
const nowMs = 1_795_428_000_000
const now = BigInt(nowMs) * 1_000_000n
const traceA = 'a0'.repeat(16)
const traceB = 'b1'.repeat(16)

async function store(batches: readonly (Batch | [Batch, Uint8Array])[], arrivedMs = nowMs): Promise<EncodedCommit> {
  const arrivals = batches.map((entry) =>
    Array.isArray(entry) ? { batch: entry[0], reject: entry[1] } : { batch: entry, reject: null },
  )
  const encoded = encoder.encode(arrivals, arrivedMs)
  for (const block of encoded.commit.blocks) {
    const path = join(folder, `${++inserts}.native`)
    writeFileSync(path, block.bytes)
    const columns = blockTables.find(({ table }) => table === block.table)?.columns.map(({ name }) => name) ?? []
    await engine.store.insertNativeFile({ table: block.table, columns, path, token: `test-${inserts}` })
  }
  return encoded
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return [...(await engine.store.rows<Record<string, unknown>>({ sql })).rows]
}

describe('logs', () => {
  const resources = [
    resourceOf(
      { 'service.name': 'cart', 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'cart-1', 'host.name': 'n1' },
      'http://schema/1',
      2,
    ),
    resourceOf({ 'service.name': 'päyment', 'service.namespace': 'money' }),
  ]
  const scopes = [
    noScope,
    {
      name: 'lib',
      version: '1.2',
      attributes: [text('k', 'v')],
      droppedAttributesCount: 3,
      schemaUrl: 'http://schema/s',
    },
  ]
  const long = 'long '.repeat(5000)
  const full = {
    time: now + 123_456_789n,
    observed: now + 5n * second,
    severity: 17,
    severityText: 'ERROR',
    body: `Ünïcode\0 ${long}`,
    bodyType: 's',
    attributes: [text('a', 'x'), { key: 'n', type: 'i', value: '-5' } as const, text('long', long)],
    dropped: 4,
    traceId: traceA,
    spanId: 'cd'.repeat(8),
    flags: 0x80000001,
    eventName: 'checkout.failed',
    resource: 1,
    scope: 1,
  }

  it('reads back every field, from several batches of several tenants', async () => {
    const other = logBatch(
      [
        { time: now, body: '{"k":1}', bodyType: 'm' },
        { time: now - 10n * second, observed: now - 11n * second },
      ],
      {
        tenant: 9 as TenantId,
        resources,
        scopes,
      },
    )
    await store([logBatch([full, { time: now }], { resources, scopes }), other])
    const found = await rows(
      `SELECT tenant, toUnixTimestamp64Nano(ts) t, toUnixTimestamp64Nano(observed) o, severity, severity_text, service, namespace, pod, host,
        body, body_type, template, hex(trace_id) trace, hex(span_id) span, flags, scope, scope_id != 0 has_scope, event_name, attrs,
        attr_types, dropped_attrs, retention FROM logs ORDER BY tenant, t`,
    )
    expect(found).toEqual([
      expect.objectContaining({
        tenant: 1,
        t: `${now}`,
        o: '0',
        body: '',
        attrs: {},
        attr_types: '',
        service: 'cart',
        namespace: 'shop',
        pod: 'cart-1',
        host: 'n1',
        scope: '',
        has_scope: 0,
      }),
      {
        tenant: 1,
        t: `${full.time}`,
        o: `${full.observed}`,
        severity: 17,
        severity_text: 'ERROR',
        service: 'päyment',
        namespace: 'money',
        pod: '',
        host: '',
        body: full.body,
        body_type: 's',
        template: 0,
        trace: traceA.toUpperCase(),
        span: 'CD'.repeat(8),
        flags: 0x80000001,
        scope: 'lib',
        has_scope: 1,
        event_name: 'checkout.failed',
        attrs: { a: 'x', n: '-5', long },
        attr_types: 'sis',
        dropped_attrs: 4,
        retention: 30,
      },
      expect.objectContaining({ tenant: 9, t: `${now - 10n * second}`, o: `${now - 11n * second}`, retention: 7 }),
      expect.objectContaining({ tenant: 9, t: `${now}`, o: '0', body: '{"k":1}', body_type: 'm' }),
    ])
  })

  it('keeps resources and scopes with all their fields, once a day', async () => {
    await store([logBatch([full, { time: now }], { resources, scopes })])
    const again = await store([logBatch([full], { resources, scopes })])
    expect(again.commit.blocks.map(({ table }) => table)).toEqual(['logs'])
    expect(await rows('SELECT * EXCEPT resource_id FROM resources ORDER BY service')).toEqual([
      {
        tenant: 1,
        service: 'cart',
        namespace: 'shop',
        pod: 'cart-1',
        host: 'n1',
        attrs: Object.fromEntries(resources[0].attributes.map(({ key, value }) => [key, value])),
        attr_types: 'ssss',
        dropped_attrs: 2,
        schema_url: 'http://schema/1',
        seen_day: '2026-11-23',
        retention: 30,
      },
      expect.objectContaining({ service: 'päyment', namespace: 'money', attr_types: 'ss' }),
    ])
    expect(await rows('SELECT * EXCEPT scope_id FROM scopes')).toEqual([
      {
        tenant: 1,
        name: 'lib',
        version: '1.2',
        attrs: { k: 'v' },
        attr_types: 's',
        dropped_attrs: 3,
        schema_url: 'http://schema/s',
        seen_day: '2026-11-23',
        retention: 30,
      },
    ])
    const joined = await rows(
      'SELECT count() c FROM logs WHERE resource_id IN (SELECT resource_id FROM resources) AND scope_id IN (SELECT scope_id FROM scopes)',
    )
    expect(joined).toEqual([{ c: '2' }])
    await store([logBatch([full], { resources, scopes })], nowMs + 86_400_000)
    expect(await rows("SELECT count() c FROM resources WHERE seen_day = '2026-11-24'")).toEqual(
      [{ c: '1' }].map(() => ({ c: '2' })),
    )
  })

  it('leaves out what the mask rejects', async () => {
    const batch = logBatch([
      { time: now, body: 'a', attributes: [text('x', '1')] },
      { time: now, body: 'b' },
      { time: now, body: 'c', attributes: [text('y', '2'), text('z', '3')] },
    ])
    const { commit } = await store([
      [batch, Uint8Array.from([0, 1, 0])],
      [logBatch([{ time: now, body: 'd' }]), Uint8Array.from([1])],
    ])
    expect(commit.blocks.find(({ table }) => table === 'logs')?.counts).toEqual([
      { key: { tenant: 1, signal: 'logs', receiver: 'test' }, rows: 2 },
    ])
    expect(await rows('SELECT body, attrs FROM logs ORDER BY body')).toEqual([
      { body: 'a', attrs: { x: '1' } },
      { body: 'c', attrs: { y: '2', z: '3' } },
    ])
  })

  it.each([300, 70_000])('carries %i different words', async (count) => {
    const wide = Array.from({ length: count }, (_, i) => ({ time: now, severityText: `w${i}`, body: `${i}` }))
    await store([logBatch(wide)])
    expect(await rows("SELECT count() c, countIf(severity_text = concat('w', body)) same FROM logs")).toEqual([
      { c: `${count}`, same: `${count}` },
    ])
  })

  it('writes resources again where the commit that wrote them failed', () => {
    const batch = logBatch([{ time: now }])
    const first = encoder.encode([{ batch, reject: null }], nowMs)
    first.notes.takeBack()
    const second = encoder.encode([{ batch, reject: null }], nowMs)
    expect(second.commit.blocks.map(({ table }) => table)).toEqual(['logs', 'resources'])
  })
})

describe('spans', () => {
  const root: SpanRow = {
    traceId: traceA,
    spanId: '01'.repeat(8),
    start: now,
    end: now + 3n * second,
    name: 'GET /',
    kind: 2,
    status: 2,
    statusMessage: 'boom',
    traceState: 'a=b',
    flags: 257,
    attributes: [text('http.route', '/')],
    dropped: [1, 2, 3],
    events: [
      { time: now + 1n, name: 'exception', attributes: [text('exception.type', 'E'), text('m', 'x')], dropped: 7 },
      { time: now + 2n, name: 'retry' },
    ],
    links: [
      {
        traceId: traceB,
        spanId: '0f'.repeat(8),
        traceState: 'c=d',
        flags: 1,
        attributes: [text('why', 'batch')],
        dropped: 9,
      },
    ],
  }
  const child: SpanRow = {
    traceId: traceA,
    spanId: '02'.repeat(8),
    parentId: '01'.repeat(8),
    start: now + second,
    end: now + 4n * second,
    resource: 1,
    name: 'query',
  }
  const backwards: SpanRow = {
    traceId: traceB,
    spanId: '03'.repeat(8),
    parentId: '0f'.repeat(8),
    start: now + 5n,
    end: now,
  }
  const resources = [resourceOf({ 'service.name': 'web' }), resourceOf({ 'service.name': 'db' })]

  it('reads back every field', async () => {
    await store([spanBatch([root, child], { resources }), spanBatch([backwards])])
    const found = await rows(
      `SELECT tenant, toUnixTimestamp64Nano(ts) t, duration, hex(trace_id) trace, hex(span_id) span, hex(parent_id) parent, trace_state, flags, name, kind, status,
        status_message, service, attrs, attr_types, dropped_attrs, dropped_events, dropped_links, arrayMap(x -> toUnixTimestamp64Nano(x), events.ts) et, events.name en,
        events.attrs ea, events.attr_types ey, events.dropped_attrs ed, arrayMap(x -> hex(x), links.trace_id) lt, arrayMap(x -> hex(x), links.span_id) ls, links.trace_state lx,
        links.flags lf, links.attrs la, links.attr_types ly, links.dropped_attrs ld, retention FROM spans ORDER BY span`,
    )
    expect(found[0]).toEqual({
      tenant: 1,
      t: `${now}`,
      duration: '3000000000',
      trace: traceA.toUpperCase(),
      span: '01'.repeat(8),
      parent: '0'.repeat(16),
      trace_state: 'a=b',
      flags: 257,
      name: 'GET /',
      kind: 2,
      status: 2,
      status_message: 'boom',
      service: 'web',
      attrs: { 'http.route': '/' },
      attr_types: 's',
      dropped_attrs: 1,
      dropped_events: 2,
      dropped_links: 3,
      et: [`${now + 1n}`, `${now + 2n}`],
      en: ['exception', 'retry'],
      ea: [{ 'exception.type': 'E', m: 'x' }, {}],
      ey: ['ss', ''],
      ed: [7, 0],
      lt: [traceB.toUpperCase()],
      ls: ['0F'.repeat(8)],
      lx: ['c=d'],
      lf: [1],
      la: [{ why: 'batch' }],
      ly: ['s'],
      ld: [9],
      retention: 20,
    })
    expect(found[1]).toMatchObject({ service: 'db', name: 'query', en: [], ea: [], lt: [] })
    expect(found[2]).toMatchObject({ duration: '-5', parent: '0F'.repeat(8) })
  })

  it('leaves out events and links of rejected spans', async () => {
    const second = { ...root, spanId: '04'.repeat(8), events: [{ time: now, name: 'kept' }], links: [] }
    await store([[spanBatch([root, second, child], { resources }), Uint8Array.from([1, 0, 1])]])
    expect(await rows('SELECT events.name en, links.flags lf FROM spans')).toEqual([{ en: ['kept'], lf: [] }])
  })

  it('indexes each trace with its range, services and root', async () => {
    await store([
      spanBatch([child, root], { resources }),
      spanBatch([backwards, { ...child, resource: 0, spanId: '05'.repeat(8), end: now + 9n * second }]),
    ])
    const found = await rows(
      `SELECT hex(trace_id) trace, toUnixTimestamp64Nano(min_ts) a, toUnixTimestamp64Nano(max_ts) b, spans, errors, services, toUnixTimestamp64Nano(root_ts) r, root_service, root_name,
        root_duration, root_status, retention FROM trace_index ORDER BY trace`,
    )
    expect(found).toEqual([
      {
        trace: traceA.toUpperCase(),
        a: `${now}`,
        b: `${now + 9n * second}`,
        spans: 3,
        errors: 1,
        services: ['db', 'web', ''],
        r: `${now}`,
        root_service: 'web',
        root_name: 'GET /',
        root_duration: '3000000000',
        root_status: 2,
        retention: 20,
      },
      {
        trace: traceB.toUpperCase(),
        a: `${now + 5n}`,
        b: `${now + 5n}`,
        spans: 1,
        errors: 0,
        services: [''],
        r: '0',
        root_service: '',
        root_name: '',
        root_duration: '0',
        root_status: 0,
        retention: 20,
      },
    ])
  })

  it('marks the minutes of spans that come late', async () => {
    const late = { ...child, resource: 0, start: now - 30n * 60n * second, end: now - 28n * 60n * second, kind: 3 }
    const onTime = { ...child, resource: 0, start: now - 5n * 60n * second, end: now - 5n * 60n * second }
    await store([spanBatch([late, onTime, { ...late, kind: 2 }])])
    expect(await rows('SELECT tenant, signal, metric, toString(t) t FROM late_marks ORDER BY t')).toEqual(
      ['09:30:00'].map((time) => ({
        tenant: 1,
        signal: 'traces',
        metric: '0',
        t: `2026-11-23 ${time}`,
      })),
    )
  })
})

const sampleValue = 'multiIf(e = 127, reinterpretAsFloat64(v), e < 0, v / exp10(-e), toFloat64(v))'
const samplesQuery =
  `SELECT labels['__name__'] name, labels['i'] i, toUnixTimestamp64Milli(ts) ms, hex(reinterpretAsUInt64(${sampleValue})) bits
  FROM (SELECT * FROM samples_hot) ARRAY JOIN series AS s, exp AS e, vi AS v
  INNER JOIN (SELECT tenant, series, labels FROM series GROUP BY ALL) AS known ON known.tenant = samples_hot.tenant AND known.series = s
  ORDER BY name, i, ms, bits`
    .replaceAll('samples_hot.tenant', 'tenant')
    .replace('(SELECT * FROM samples_hot)', 'samples_hot')

function bitsOf(value: number | bigint): string {
  const view = new DataView(new ArrayBuffer(8))
  if (typeof value === 'bigint') view.setBigUint64(0, value)
  else view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).toUpperCase().padStart(16, '0')
}

describe('samples', () => {
  const labels = (i: number, name = 'm') => ({ __name__: name, i: `${i}`, instance: 'a:1', job: 'j' })

  it('gives back every value bit for bit', async () => {
    const values = [
      0,
      1,
      -1,
      0.1,
      0.25,
      1234.5678,
      19.876543,
      -0,
      1e300,
      5e-324,
      2 ** 53,
      -(2 ** 62),
      2 ** 63,
      0.1 + 0.2,
      1e15 + 0.5,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0x7ff0000000000002n,
      0x7ff8000000000001n,
      99.99,
      1e21,
      2 ** 51 + 0.5,
      -7.25e-3,
    ]
    const table = tables.of(defaultTenant)
    const samples = values.flatMap((value, i) => [
      { labels: labels(i), ms: nowMs, value },
      // The same series again with other decimals: its exponent sticks.
      { labels: labels(i), ms: nowMs + 1000, value: i },
    ])
    await store([metricBatch(table, samples)])
    const found = await rows(samplesQuery)
    const wanted = samples.map(({ labels: { i }, ms, value }) => ({ name: 'm', i, ms: `${ms}`, bits: bitsOf(value) }))
    const order = (row: { i: string; ms: string }) => `${row.i} ${row.ms}`
    wanted.sort((a, b) => (order(a) < order(b) ? -1 : 1))
    expect(
      found
        .map((row) => ({ ...row, bits: String(row.bits).padStart(16, '0') }))
        .sort((a, b) => (order(a as never) < order(b as never) ? -1 : 1)),
    ).toEqual(wanted)
  })

  it('puts one scrape of a metric and target into one row', async () => {
    const table = tables.of(defaultTenant)
    const other = tables.of(9 as TenantId)
    const scrape = (ms: number) => [0, 1, 2].map((i) => ({ labels: labels(i), ms, value: i }))
    await store([
      metricBatch(table, [
        ...scrape(nowMs),
        ...scrape(nowMs + 15_000),
        { labels: labels(0, 'n'), ms: nowMs, value: 1 },
      ]),
      metricBatch(other, scrape(nowMs)),
    ])
    expect(
      await rows(
        'SELECT tenant, toUnixTimestamp64Milli(ts) ms, length(series) n, vi, toString(slot) slot, retention FROM samples_hot ORDER BY tenant, n, ms',
      ),
    ).toEqual([
      { tenant: 1, ms: `${nowMs}`, n: '1', vi: ['1'], slot: '2026-11-23 10:00:00', retention: 400 },
      { tenant: 1, ms: `${nowMs}`, n: '3', vi: ['0', '1', '2'], slot: '2026-11-23 10:00:00', retention: 400 },
      { tenant: 1, ms: `${nowMs + 15_000}`, n: '3', vi: ['0', '1', '2'], slot: '2026-11-23 10:00:00', retention: 400 },
      { tenant: 9, ms: `${nowMs}`, n: '3', vi: ['0', '1', '2'], slot: '2026-11-23 10:00:00', retention: 7 },
    ])
  })

  it('writes a series once for each day it has samples on, in whatever order they come', async () => {
    const table = tables.of(defaultTenant)
    const dayMs = 86_400_000
    for (const offset of [0, 0, dayMs, -dayMs, 0, -dayMs, dayMs])
      await store([metricBatch(table, [{ labels: labels(1), ms: nowMs + offset, value: 1 }])])
    expect(
      await rows(
        'SELECT tenant, toString(day) day, labels, toUnixTimestamp64Milli(seen) seen, retention, metric != 0 m, target != 0 t FROM series FINAL ORDER BY day',
      ),
    ).toEqual(
      [-1, 0, 1].map((day) => ({
        tenant: 1,
        day: `2026-11-${23 + day}`,
        labels: labels(1),
        seen: `${nowMs + day * dayMs}`,
        retention: 400,
        m: 1,
        t: 1,
      })),
    )
  })

  it('writes series again where the commit failed', () => {
    const batch = metricBatch(tables.of(defaultTenant), [{ labels: labels(1), ms: nowMs, value: 1 }], {
      metadata: [{ name: 'm', type: 'gauge', unit: '', help: 'h' }],
    })
    encoder.encode([{ batch, reject: null }], nowMs).notes.takeBack()
    const second = encoder.encode([{ batch, reject: null }], nowMs)
    expect(second.commit.blocks.map(({ table }) => table).sort()).toEqual(['metadata', 'samples_hot', 'series'])
  })

  it('leaves out rejected samples and histograms, counted by the mask samples first', async () => {
    const batch = metricBatch(
      tables.of(defaultTenant),
      [0, 1].map((i) => ({ labels: labels(i), ms: nowMs, value: i })),
      {
        histograms: [10, 11].map((i) => ({ labels: labels(i), histogram })),
      },
    )
    const { commit } = await store([[batch, Uint8Array.from([1, 0, 0, 1])]])
    expect(await rows('SELECT vi FROM samples_hot')).toEqual([{ vi: ['1'] }])
    expect(await rows("SELECT labels['i'] i FROM histograms JOIN series USING series")).toEqual([{ i: '10' }])
    const counts = commit.blocks.flatMap(({ table, counts }) => counts.map(({ rows: n }) => [table, n]))
    expect(counts).toEqual([
      ['samples_hot', 1],
      ['histograms', 1],
    ])
  })

  it('marks the hours of samples that come late, by metric', async () => {
    const at = (hours: number, i: number, name = 'm') => ({
      labels: labels(i, name),
      ms: nowMs - hours * 3_600_000,
      value: 1,
    })
    await store(
      [metricBatch(tables.of(defaultTenant), [at(0, 1), at(1, 1), at(2, 1), at(2, 2), at(3, 1, 'n')])],
      nowMs + 14 * 60_000,
    )
    expect(await rows('SELECT signal, toString(t) t, count() c FROM late_marks GROUP BY ALL ORDER BY t')).toEqual([
      { signal: 'metrics', t: '2026-11-23 07:00:00', c: '1' },
      { signal: 'metrics', t: '2026-11-23 08:00:00', c: '1' },
    ])
    await store([metricBatch(tables.of(defaultTenant), [at(1, 1)])], nowMs + 15 * 60_000)
    expect(await rows("SELECT count() c FROM late_marks WHERE t = '2026-11-23 09:00:00'")).toEqual([{ c: '1' }])
  })

  const histogram: NativeHistogram = {
    ref: 0,
    timestampMs: nowMs,
    schema: -53,
    zeroThreshold: 1e-128,
    zeroCount: 2,
    count: 12.5,
    sum: 99.5,
    positiveSpans: [
      { offset: -2, length: 2 },
      { offset: 1, length: 1 },
    ],
    positiveCounts: [1, 2.5, 3],
    negativeSpans: [{ offset: 5, length: 1 }],
    negativeCounts: [4],
    customBounds: [0.1, 1],
    resetHint: 3,
    isFloat: true,
    isDelta: false,
  }

  it('reads back native histograms', async () => {
    const stale = {
      ...histogram,
      count: 0,
      sum: Number.NaN,
      positiveSpans: [],
      positiveCounts: [],
      negativeSpans: [],
      negativeCounts: [],
      customBounds: [],
      timestampMs: nowMs + 1,
      isFloat: false,
      resetHint: 0,
    } as const
    await store([
      metricBatch(tables.of(defaultTenant), [], {
        histograms: [
          { labels: labels(1), histogram },
          { labels: labels(1), histogram: stale },
        ],
      }),
    ])
    expect(
      await rows(
        'SELECT * EXCEPT (metric, target, series, ts, sum), hex(reinterpretAsUInt64(sum)) sum, toUnixTimestamp64Milli(ts) ms FROM histograms ORDER BY ts',
      ),
    ).toEqual([
      {
        tenant: 1,
        flags: 7,
        schema: -53,
        zero_threshold: 1e-128,
        zero_count: 2,
        count: 12.5,
        sum: bitsOf(99.5),
        pos_span_off: [-2, 1],
        pos_span_len: [2, 1],
        pos: [1, 2.5, 3],
        neg_span_off: [5],
        neg_span_len: [1],
        neg: [4],
        bounds: [0.1, 1],
        retention: 400,
        ms: `${nowMs}`,
      },
      expect.objectContaining({ flags: 0, sum: '7FF0000000000002', pos: [], bounds: [] }),
    ])
    expect(await rows('SELECT labels FROM series')).toEqual([{ labels: labels(1) }])
  })

  it('reads back exemplars and metadata, metadata only when it changes', async () => {
    const exemplar = {
      ref: 0,
      timestampMs: nowMs,
      value: 0.7,
      traceId: Buffer.from(traceA, 'hex'),
      spanId: Buffer.alloc(8),
      labels: [
        ['trace_id', traceA],
        ['x', 'ü'],
      ] as const,
    }
    const metadata = { name: 'm', type: 'counter', unit: 'seconds', help: 'What it "is"\n' } as const
    const batch = (help: string) =>
      metricBatch(tables.of(defaultTenant), [], {
        exemplars: [{ labels: labels(1), exemplar }],
        metadata: [{ ...metadata, help }],
      })
    await store([batch('one')])
    const again = await store([batch('one')])
    expect(again.commit.blocks.map(({ table }) => table)).toEqual(['exemplars'])
    await store([batch(metadata.help)], nowMs + 1)
    expect(
      await rows(
        'SELECT tenant, toUnixTimestamp64Milli(ts) ms, v, hex(trace_id) t, hex(span_id) s, labels, retention FROM exemplars LIMIT 1',
      ),
    ).toEqual([
      {
        tenant: 1,
        ms: `${nowMs}`,
        v: 0.7,
        t: traceA.toUpperCase(),
        s: '0'.repeat(16),
        labels: { trace_id: traceA, x: 'ü' },
        retention: 400,
      },
    ])
    expect(await rows('SELECT tenant, name, type, unit, help FROM metadata ORDER BY seen')).toEqual([
      { tenant: 1, ...metadata, help: 'one' },
      { tenant: 1, ...metadata },
    ])
  })
})
