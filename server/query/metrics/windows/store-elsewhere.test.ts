import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLogger } from '../../../runtime/logger.ts'
import { ClickHouseColumnStore } from '../../../store/engine/clickhouse-column-store.ts'
import { openTestEngine, type TestEngine } from '../../../store/engine/engine-fixture-suite.ts'
import { testScope } from '../../../store/read/read-fixture-suite.ts'
import { migrate } from '../../../store/schema/migrate.ts'
import { MetricsQueries } from '../metrics-queries.ts'

/** 2026-01-02T00:00:00Z */
const t0 = 1_767_312_000_000
const hours = 12
const endMs = t0 + hours * 3_600_000

/** Passes on what comes for a port of this machine, and counts the bytes that go back. */
async function countingPort(port: number) {
  const sockets = new Set<Socket>()
  const counted = { bytes: 0 }
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    upstream.on('data', (chunk) => {
      counted.bytes += chunk.length
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    counted,
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

let engine: TestEngine
let network: Awaited<ReturnType<typeof countingPort>>
beforeAll(async () => {
  engine = await openTestEngine()
  const { store } = engine
  await migrate(store, { layout: { cluster: null }, clock: systemClock, logger: silentLogger() })
  await store.command({
    sql: `INSERT INTO samples (tenant, metric, t0, target, series, exp, ts, vi, retention)
      SELECT 1, 5, toDateTime(intDiv(${t0}, 1000) + h * 3600, 'UTC'), intDiv(n, 10), n + 1, 0,
        arrayMap(i -> fromUnixTimestamp64Milli(toInt64(${t0} + h * 3600000 + i * 15000 + n % 7), 'UTC'), range(240)),
        arrayMap(i -> toInt64((h * 240 + i) * (n + 1) % 5000), range(240)), 40000
      FROM (SELECT number % 100 AS n, intDiv(number, 100) AS h FROM numbers(${100 * hours}))`,
  })
  await store.command({
    sql: `INSERT INTO series (tenant, metric, target, series, day, labels, seen, retention)
      SELECT 1, 5, intDiv(number, 10), number + 1, toDate('2026-01-02'),
        map('__name__', 'requests_total', 'job', toString(number % 4), 'pod', toString(number)), now64(), 40000 FROM numbers(100)`,
  })
  network = await countingPort(Number(new URL(engine.engine.endpoint?.url ?? '').port))
})
afterAll(async () => {
  network.close()
  await engine.close()
})

/** An answer over the network, and what it took of it. */
async function asked(way: { mode: 'auto' | 'never'; isCompressed: boolean }, query: string, stepMs: number) {
  const endpoint = engine.engine.endpoint
  if (endpoint === undefined) throw new Error('the engine is gone')
  const elsewhere = { ...endpoint, url: `http://127.0.0.1:${network.port}` }
  const store = new ClickHouseColumnStore({ endpoint: () => elsewhere, isCompressed: way.isCompressed })
  const queries = new MetricsQueries({ store, clock: systemClock, thinning: { mode: way.mode, isRemote: true } })
  const scope = testScope({ tenant: 1 })
  await queries.series(scope, [[]], { startMs: t0, endMs, limit: 0 })
  const before = network.counted.bytes
  const { value, cost } =
    stepMs === 0
      ? await queries.instant(scope, query, { timeMs: endMs })
      : await queries.range(scope, query, { startMs: t0 + stepMs, endMs, stepMs })
  store.close()
  if (value.type !== 'vector') throw new Error('no vector')
  const points = value.series.map(({ labels, floats }) => `${labels.key} ${floats.join(' ')}`)
  return { points, samples: cost.totalSamples, bytes: network.counted.bytes - before }
}

describe('a ClickHouse server elsewhere', () => {
  const samples = 100 * hours * 240
  it.each([
    ['one number of each series', 'sum by (job) (avg_over_time(requests_total[12h]))', 0, 200],
    ['rates in long steps', 'sum by (job) (rate(requests_total[10m]))', 600_000, 4],
  ] as const)('sends what is needed: %s', async (_name, query, stepMs, factor) => {
    const whole = await asked({ mode: 'never', isCompressed: false }, query, stepMs)
    const packed = await asked({ mode: 'never', isCompressed: true }, query, stepMs)
    const thinned = await asked({ mode: 'auto', isCompressed: true }, query, stepMs)
    expect(whole.points).toHaveLength(4)
    expect(packed).toMatchObject({ points: whole.points, samples: whole.samples })
    expect(thinned).toMatchObject({ points: whole.points, samples: whole.samples })
    expect(whole.samples).toBeGreaterThan(samples * 0.9)
    expect(whole.bytes).toBeGreaterThan(whole.samples * 16)
    expect(packed.bytes).toBeLessThan(whole.bytes / 4)
    expect(thinned.bytes).toBeLessThan(packed.bytes / factor)
  })
})
