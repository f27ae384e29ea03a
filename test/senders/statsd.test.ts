import StatsdClient from 'statsd-client'
import { afterEach, expect, it } from 'vitest'
import { labelsOfCanonical } from '../../server/model/label-bytes.ts'
import { defaultTenant } from '../../server/model/tenant.ts'
import { statsd } from '../../server/receive/protocols/statsd.ts'
import { SocketBench } from '../../server/receive/sockets/socket-suite.ts'
import { loadConfig } from '../../server/runtime/config/load.ts'

const { config } = loadConfig({ environment: {}, flags: [], folder: '/nowhere' })
let bench: SocketBench
afterEach(() => bench.stop())

/** Increases and values by series, over all windows. */
function totals(): Record<string, number> {
  const sums: Record<string, number> = {}
  const table = bench.context.tables.of(defaultTenant)
  const nameOf = (ref: number): string => {
    const { __name__, ...labels } = Object.fromEntries(labelsOfCanonical(table.labelBytes(ref)))
    return `${__name__}${JSON.stringify(labels)}`
  }
  for (const batch of bench.sink.batches) {
    if (batch.signal !== 'metrics') continue
    for (let i = 0; i < batch.sampleCount; i++) {
      const name = nameOf(batch.ref[i])
      sums[name] = batch.isDelta?.[i] === 1 ? (sums[name] ?? 0) + batch.value[i] : batch.value[i]
    }
    for (const { ref, count, sum } of batch.histograms) {
      sums[`${nameOf(ref)} count`] = (sums[`${nameOf(ref)} count`] ?? 0) + count
      sums[`${nameOf(ref)} sum`] = (sums[`${nameOf(ref)} sum`] ?? 0) + sum
    }
  }
  return sums
}

it('takes what statsd-client for Node sends over UDP', async () => {
  bench = await SocketBench.start(statsd, { settings: { statsd: { ...config.statsd, interval: 100 } } })
  const port = bench.datagram.port
  const client = new StatsdClient({
    host: '127.0.0.1',
    port,
    prefix: 'shop',
    maxBufferSize: 400,
    socketTimeout: 20,
  })
  for (let i = 0; i < 50; i++) {
    client.increment('orders', 2, { berlin: 'yes' })
    client.timing('pay', 250)
  }
  client.gauge('carts', 7)
  client.gaugeDelta('carts', -3)
  client.set('users', 'anna')
  client.histogram('size', 10)
  const done = { 'shop_orders_total{"berlin":"yes"}': 100, 'shop_pay_seconds{} count': 50, 'shop_carts{}': 4 }
  for (let batches = 1; !Object.entries(done).every(([name, value]) => totals()[name] === value); batches++)
    await bench.sink.arrived(batches)
  client.close()
  expect(totals()).toMatchObject({ ...done, 'shop_pay_seconds{} sum': 12.5, 'shop_size{} count': 1 })
})
