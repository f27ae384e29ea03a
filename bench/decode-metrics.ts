/**
 * CPU per sample of the metric decoders and memory per series of the series table.
 * Run: node --expose-gc --max-semi-space-size=32 bench/decode-metrics.ts [part …]
 */
import { Buffer } from 'node:buffer'
import { wireEncoder } from '../server/decode/metric/wire-schema.ts'
import { decodeRemoteWrite } from '../server/decode/remote-write.ts'
import { decodeRemoteWriteV2 } from '../server/decode/remote-write-v2.ts'
import { createSeriesTables } from '../server/model/series-interner.ts'
import type { Labels } from '../server/model/series-table.ts'
import { defaultTenant } from '../server/model/tenant.ts'

const rounds = 12
const startMs = 1_700_000_000_000

/** Ten labels, some 250 bytes as remote_write sends them; 500 series per target. */
function labelsOf(i: number): Labels {
  const target = Math.floor(i / 500)
  const metric = i % 500
  return [
    ['__name__', `http_server_requests_total_${metric % 40}`],
    ['cluster', 'prod-eu-west-1'],
    ['code', String(200 + (metric % 5))],
    ['container', 'checkout-service'],
    ['handler', `/api/v1/cart/${metric}`],
    ['instance', `10.0.${target >> 8}.${target & 255}:9100`],
    ['job', 'kubernetes-pods'],
    ['method', 'POST'],
    ['namespace', 'shop-production'],
    ['pod', `checkout-7d9f8b6c5-${target}`],
  ]
}

/** Best CPU time of some rounds, µs. */
function bestMicros(run: (round: number) => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    run(round)
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, user + system)
  }
  return best
}

function report(name: string, micros: number, samples: number): void {
  console.log(`${name.padEnd(44)} ${(micros / samples).toFixed(3)} µs per sample`)
}

const encode1 = wireEncoder({
  WriteRequest: ['1 timeseries TimeSeries[]'],
  TimeSeries: ['1 labels Label[]', '2 samples Sample[]'],
  Label: ['1 name string', '2 value string'],
  Sample: ['1 value double', '2 timestamp int64'],
})

const encode2 = wireEncoder({
  Request: ['4 symbols string[]', '5 timeseries TimeSeries[]'],
  TimeSeries: ['1 labels_refs uint32[]', '2 samples Sample[]'],
  Sample: ['1 value double', '2 timestamp int64'],
})

function remoteWrite1(first: number, count: number): Uint8Array {
  const timeseries = Array.from({ length: count }, (_, i) => ({
    labels: labelsOf(first + i).map(([name, value]) => ({ name, value })),
    samples: [{ value: i * 1.5 + 1, timestamp: BigInt(startMs) }],
  }))
  return encode1('WriteRequest', { timeseries })
}

function remoteWrite2(first: number, count: number): Uint8Array {
  const symbols = new Map<string, number>([['', 0]])
  const refOf = (text: string): number => {
    const ref = symbols.get(text) ?? symbols.size
    symbols.set(text, ref)
    return ref
  }
  const timeseries = Array.from({ length: count }, (_, i) => ({
    labelsRefs: labelsOf(first + i)
      .flat()
      .map(refOf),
    samples: [{ value: i * 1.5 + 1, timestamp: BigInt(startMs) }],
  }))
  return encode2('Request', { symbols: [...symbols.keys()], timeseries })
}

async function benchRemoteWrite(): Promise<void> {
  const versions = [
    ['remote_write 1.0', decodeRemoteWrite, remoteWrite1],
    ['remote_write 2.0', decodeRemoteWriteV2, remoteWrite2],
  ] as const
  for (const [name, decode, encode] of versions) {
    const series = (await createSeriesTables()).of(defaultTenant)
    const context = { series, receiver: 'bench', receivedBytes: 0 }
    // 10,000 series in requests of 2,000.
    const bodies = Array.from({ length: 5 }, (_, i) => encode(i * 2000, 2000))
    const known = bestMicros(() => {
      for (let again = 0; again < 4; again++) for (const body of bodies) decode(body, context)
    })
    report(`${name}, series known, ${Math.round(bodies[0].length / 2000)} B`, known, 40_000)
    const fresh = Array.from({ length: rounds }, (_, i) => encode(20_000 + i * 5000, 5000))
    report(
      `${name}, first sight`,
      bestMicros((round) => decode(fresh[round], context)),
      5000,
    )
  }
}

async function benchMemory(): Promise<void> {
  const tables = await createSeriesTables()
  const table = tables.of(defaultTenant)
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  const count = 1_500_000
  let labelBytes = 0
  for (let i = 0; i < count; i++) {
    const labels = labelsOf(i)
    if (i % 1000 === 0)
      for (const [name, value] of labels) labelBytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    table.intern(labels)
  }
  globalThis.gc?.()
  const rss = (process.memoryUsage.rss() - before) / count
  const own = tables.usage().bytes / count
  console.log(
    `series table, ${count} series of ${Math.round(labelBytes / (count / 1000))} B of label text: ${own.toFixed(0)} B held, ${rss.toFixed(0)} B of RSS per series`,
  )
  const start = process.cpuUsage()
  tables.sweep()
  console.log(`sweep with nothing to forget: ${(process.cpuUsage(start).user / 1000).toFixed(1)} ms`)
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  'remote-write': benchRemoteWrite,
  memory: benchMemory,
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
for (const name of chosen) await parts[name]()
