/**
 * CPU per sample of the metric decoders and memory per series of the series table.
 * Run: node --expose-gc --max-semi-space-size=32 bench/decode-metrics.ts [part …]
 */
import { Buffer } from 'node:buffer'
import { parseExposition } from '../server/decode/exposition/exposition.ts'
import { ScrapeCache } from '../server/decode/exposition/scrape-cache.ts'
import { internLabels } from '../server/decode/metric/series-resolver.ts'
import { wireEncoder } from '../server/decode/metric/wire-schema.ts'
import { decodeOtlpMetrics } from '../server/decode/otlp-metrics.ts'
import { decodeRemoteWrite } from '../server/decode/remote-write.ts'
import { decodeRemoteWriteV2 } from '../server/decode/remote-write-v2.ts'
import { createSeriesTables } from '../server/model/series-interner.ts'
import type { Labels } from '../server/model/series-table.ts'
import { defaultTenant } from '../server/model/tenant.ts'

const rounds = 40
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

const encodeOtlp = wireEncoder({
  Request: ['1 resource_metrics ResourceMetrics[]'],
  ResourceMetrics: ['1 resource Resource', '2 scope_metrics ScopeMetrics[]'],
  Resource: ['1 attributes KeyValue[]'],
  ScopeMetrics: ['1 scope Scope', '2 metrics Metric[]'],
  Scope: ['1 name string', '2 version string'],
  Metric: ['1 name string', '2 description string', '3 unit string', '5 gauge Gauge', '9 histogram Histogram'],
  Gauge: ['1 data_points NumberPoint[]'],
  Histogram: ['1 data_points HistogramPoint[]', '2 aggregation_temporality int32'],
  NumberPoint: [
    '2 start_time_unix_nano fixed64',
    '3 time_unix_nano fixed64',
    '4 as_double double',
    '7 attributes KeyValue[]',
  ],
  HistogramPoint: [
    '3 time_unix_nano fixed64',
    '4 count fixed64',
    '5 sum double',
    '6 bucket_counts fixed64[]',
    '7 explicit_bounds double[]',
    '9 attributes KeyValue[]',
  ],
  KeyValue: ['1 key string', '2 value AnyValue'],
  AnyValue: ['1 string_value string'],
})

function attributesOf(labels: Labels): unknown {
  return labels.map(([key, stringValue]) => ({ key, value: { stringValue } }))
}

/** Points of a request of one target: `metrics` metrics of 50 points with 4 attributes each. */
function otlpRequest(
  target: number,
  metrics: number,
  points: (attributes: unknown) => Record<string, unknown>,
): Uint8Array {
  const resource = [
    ['service.name', 'checkout'],
    ['service.namespace', 'shop'],
    ['service.instance.id', `10.0.0.${target}:9100`],
    ['service.version', '1.2.3'],
    ['k8s.pod.name', `checkout-7d9f8b6c5-${target}`],
    ['k8s.namespace.name', 'shop-production'],
    ['host.name', `node-${target}`],
    ['telemetry.sdk.language', 'go'],
  ] as const
  return encodeOtlp('Request', {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [
          {
            scope: { name: 'go.opentelemetry.io/contrib/http', version: '0.58.0' },
            metrics: Array.from({ length: metrics }, (_metric, m) => ({
              name: `http.server.active_requests.${m}`,
              unit: '1',
              description: 'Number of active requests.',
              ...points(
                Array.from({ length: 50 }, (_point, i) =>
                  attributesOf([
                    ['http.request.method', 'POST'],
                    ['http.route', `/api/v1/cart/${i}`],
                    ['http.response.status_code', String(200 + (i % 5))],
                    ['server.address', 'checkout.shop'],
                  ]),
                ),
              ),
            })),
          },
        ],
      },
    ],
  })
}

const timeUnixNano = BigInt(startMs) * 1_000_000n

async function benchOtlp(): Promise<void> {
  const kinds = [
    [
      'OTLP gauge points',
      1,
      (attributes: unknown) => ({
        gauge: {
          dataPoints: (attributes as unknown[]).map((one, i) => ({
            startTimeUnixNano: timeUnixNano,
            timeUnixNano,
            asDouble: i + 0.5,
            attributes: one,
          })),
        },
      }),
    ],
    [
      'OTLP histogram points of 12 buckets',
      14,
      (attributes: unknown) => ({
        histogram: {
          aggregationTemporality: 2,
          dataPoints: (attributes as unknown[]).map((one) => ({
            timeUnixNano,
            count: 66n,
            sum: 5,
            bucketCounts: Array.from({ length: 12 }, (_, b) => BigInt(b)),
            explicitBounds: Array.from({ length: 11 }, (_, b) => b / 10),
            attributes: one,
          })),
        },
      }),
    ],
  ] as const
  for (const [name, samplesPerPoint, points] of kinds) {
    const context = { series: (await createSeriesTables()).of(defaultTenant), receiver: 'bench', receivedBytes: 0 }
    const bodies = Array.from({ length: 10 }, (_, target) =>
      otlpRequest(target, samplesPerPoint === 1 ? 20 : 2, points),
    )
    const samples = decodeOtlpMetrics(bodies[0], context).sampleCount
    const known = bestMicros(() => {
      for (let again = 0; again < 4; again++) for (const body of bodies) decodeOtlpMetrics(body, context)
    })
    report(`${name}, series known`, known, samples * 40)
    const fresh = Array.from({ length: rounds }, (_, i) => otlpRequest(100 + i, samplesPerPoint === 1 ? 20 : 2, points))
    report(
      `${name}, first sight`,
      bestMicros((round) => decodeOtlpMetrics(fresh[round], context)),
      samples,
    )
  }
}

async function benchExposition(): Promise<void> {
  const series = (await createSeriesTables()).of(defaultTenant)
  const context = { series, receiver: 'bench', receivedBytes: 0 }
  const lines = Array.from({ length: 500 }, (_, i) => {
    const [[, name], ...labels] = labelsOf(i).filter(([label]) => label !== 'instance' && label !== 'job')
    const head = i % 10 === 0 ? `# HELP ${name} Number of requests.\n# TYPE ${name} counter\n` : ''
    return `${head}${name}{${labels.map(([label, value]) => `${label}="${value}"`)}} ${i * 17.25}\n`
  })
  const text = Buffer.from(lines.join(''))
  const targets = Array.from({ length: 20 }, () => new ScrapeCache(series))
  for (const format of ['text', 'openmetrics'] as const) {
    const body = format === 'text' ? text : Buffer.concat([text, Buffer.from('# EOF\n')])
    const micros = bestMicros(() => {
      for (const cache of targets) {
        cache.begin()
        parseExposition(body, format, {
          context,
          cache,
          timestampMs: startMs,
          honorTimestamps: true,
          resolve: (labels) => internLabels(labels, context),
        })
        cache.commit()
      }
    })
    report(`${format} exposition, ${Math.round(text.length / 500)} B, known`, micros, 500 * targets.length)
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
  for (let i = 0; i < 200; i++) {
    table.touch(i)
    if (i < 180) tables.sweep()
  }
  const start = process.cpuUsage()
  tables.sweep()
  console.log(`sweep that forgets 50,000 series: ${(process.cpuUsage(start).user / 1000).toFixed(1)} ms`)
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  'remote-write': benchRemoteWrite,
  otlp: benchOtlp,
  exposition: benchExposition,
  memory: benchMemory,
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
for (const name of chosen) await parts[name]()
