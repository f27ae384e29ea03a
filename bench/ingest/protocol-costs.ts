import { parseArgs } from 'node:util'
import { decodeDatadogLogs } from '../../server/decode/datadog/logs.ts'
import { decodeDatadogSeriesJson } from '../../server/decode/datadog/metrics.ts'
import { decodeDatadogTraces } from '../../server/decode/datadog/traces.ts'
import { decompress } from '../../server/decode/decompress.ts'
import { decodeBulk } from '../../server/decode/elasticsearch/bulk.ts'
import { decodeFluent } from '../../server/decode/fluent/fluent.ts'
import { readFluentRequest } from '../../server/decode/fluent/request.ts'
import { RequestSplitter } from '../../server/decode/fluent/request-splitter.ts'
import { decodeGraphite } from '../../server/decode/graphite/graphite-lines.ts'
import { decodeInfluxLines } from '../../server/decode/influx/influx-lines.ts'
import { decodeJaegerProtobuf } from '../../server/decode/jaeger/jaeger-protobuf.ts'
import { decodeJaegerThrift } from '../../server/decode/jaeger/jaeger-thrift.ts'
import { decodeLokiPush } from '../../server/decode/loki/loki-push.ts'
import { decodeLokiPushJson } from '../../server/decode/loki/loki-push-json.ts'
import { decodeNdjsonLogs } from '../../server/decode/ndjson-logs.ts'
import { decodeOtlpLogs } from '../../server/decode/otlp-logs.ts'
import { decodeOtlpTraces } from '../../server/decode/otlp-traces.ts'
import { decodeRemoteWrite } from '../../server/decode/remote-write.ts'
import { decodeHecEvents } from '../../server/decode/splunk/hec-events.ts'
import { readStatsdLine } from '../../server/decode/statsd/statsd-line.ts'
import { decodeSyslog } from '../../server/decode/syslog/syslog.ts'
import { LineBlockSplitter } from '../../server/decode/wire/line-blocks.ts'
import { FrameSplitter } from '../../server/decode/wire/stream-frames.ts'
import { decodeZipkinJson } from '../../server/decode/zipkin/zipkin-json.ts'
import { decodeZipkinProtobuf } from '../../server/decode/zipkin/zipkin-protobuf.ts'
import type { Batch, RowMask } from '../../server/model/batch.ts'
import { freshRoom, type Memory } from '../../server/model/memory.ts'
import { createSeriesTables } from '../../server/model/series-interner.ts'
import type { SeriesTable } from '../../server/model/series-table.ts'
import { defaultTenant } from '../../server/model/tenant.ts'
import { createLedger } from '../../server/pipeline/ledger.ts'
import { defaultIngestLimits } from '../../server/pipeline/limits.ts'
import { createPipeline } from '../../server/pipeline/pipeline.ts'
import { batchOfWindows, type LineRange, StatsdAggregator } from '../../server/receive/statsd/aggregator.ts'
import { systemClock } from '../../server/runtime/clock.ts'
import { CommitEncoder } from '../../server/store/load/encode/commit-encoder.ts'
import { loads } from './loads.ts'

/** What every decoder is given. */
interface Context {
  readonly tenant: typeof defaultTenant
  readonly series: SeriesTable
  readonly receiver: string
  readonly receivedBytes: number
  readonly memory: Memory
}
type Decode = (body: Buffer, context: Context) => Batch

const maxBytes = 20 << 20
const maxLineBytes = 65_536
const nowNano = (): bigint => BigInt(Date.now()) * 1_000_000n
const unsnapped = (body: Buffer, { memory }: Context): Uint8Array => decompress(body, 'snappy', { maxBytes, memory })

/** A load, its decoder, and the load of OTLP (or remote_write, for samples) that it is held against. */
const rows: readonly (readonly [load: string, against: string, decode: Decode])[] = [
  ['logs', 'logs', decodeOtlpLogs],
  ['loki-json', 'logs', decodeLokiPushJson],
  ['loki-protobuf', 'logs', (body, context) => decodeLokiPush(unsnapped(body, context), context)],
  ['elasticsearch', 'logs', (body, context) => decodeBulk(body, '', context).batch],
  ['syslog', 'logs', decodeSyslogStream],
  ['fluent', 'logs', decodeFluentStream],
  ['splunk', 'logs', (body, context) => decodeHecEvents(body, hecSource, context).batch],
  ['datadog-logs', 'logs', decodeDatadogLogs],
  ['ndjson', 'logs', decodeNdjsonLogs],
  ['spans', 'spans', decodeOtlpTraces],
  ['zipkin-json', 'spans', (body, context) => decodeZipkinJson(body, nowNano(), context)],
  ['zipkin-protobuf', 'spans', (body, context) => decodeZipkinProtobuf(body, nowNano(), context)],
  ['jaeger-grpc', 'spans', decodeJaegerProtobuf],
  ['jaeger-thrift', 'spans', decodeJaegerThrift],
  ['datadog-traces', 'spans', (body, context) => decodeDatadogTraces(body, '0.4', context)],
  ['samples10k', 'samples10k', (body, context) => decodeRemoteWrite(unsnapped(body, context), context)],
  ['influx', 'samples10k', (body, context) => decodeInfluxLines(body, influxOptions(), context)],
  ['graphite', 'samples10k', decodeGraphiteStream],
  ['statsd', 'samples10k', decodeStatsdStream],
  ['datadog-series', 'samples10k', decodeDatadogSeriesJson],
]

const hecSource = { host: '', source: '', sourcetype: '', index: '' }
const influxOptions = () => ({
  unit: { cutDigits: 6, ms: 1 } as const,
  nowMs: Date.now(),
  labels: [['db', 'x']] as const,
})

function decodeSyslogStream(body: Buffer, context: Context): Batch {
  const receivedMs = Date.now()
  const { messages: lines } = new FrameSplitter({ maxBytes: maxLineBytes, octetCounted: true }).push(body)
  const messages = lines.map((bytes) => ({ bytes, receivedMs, address: '127.0.0.1' }))
  return decodeSyslog(messages, { ...context, offsetMinutes: () => 0 })
}

function decodeFluentStream(body: Buffer, context: Context): Batch {
  const receivedMs = Date.now()
  const requests = new RequestSplitter(maxBytes, () => freshRoom).push(body).values.flatMap((value) => {
    const request = readFluentRequest(value, maxBytes)
    return request === null ? [] : [{ request, receivedMs, wireBytes: value.length }]
  })
  return decodeFluent(requests, context)
}

function decodeGraphiteStream(body: Buffer, context: Context): Batch {
  const receivedMs = Date.now()
  const blocks = new LineBlockSplitter(maxLineBytes).push(body).blocks.map((bytes) => ({ bytes, receivedMs }))
  return decodeGraphite(blocks, context)
}

/** Windows are closed every ten seconds: what storing them costs comes on top of every line only once in a while. */
const aggregator = new StatsdAggregator({ maxSeries: 100_000, expireAfterMs: 600_000 }, 0)
let statsdBodies = 0
function decodeStatsdStream(body: Buffer, context: Context): Batch {
  const nowMs = Date.now()
  for (const bytes of new LineBlockSplitter(maxLineBytes).push(body).blocks)
    for (let start = 0; start < bytes.length; ) {
      const line = { bytes, start, end: bytes.indexOf(0x0a, start) }
      if (!aggregator.addKnown(line, nowMs)) addUnknown(line, nowMs)
      start = line.end + 1
    }
  statsdBodies++
  const window = statsdBodies % 100 === 0 ? aggregator.close(nowMs) : null
  return batchOfWindows(window === null ? [] : [window], context)
}

function addUnknown(line: LineRange, nowMs: number): void {
  const read = readStatsdLine(line.bytes.toString('utf8', line.start, line.end))
  if (read.kind === 'metric') aggregator.add(read, nowMs, line)
}

/** Memory of a request, given back behind each. */
class Slab implements Memory {
  readonly #bytes = Buffer.allocUnsafeSlow(16 << 20)
  #at = 0
  take(bytes: number): Buffer {
    const start = this.#at
    this.#at += (bytes + 7) & -8
    return this.#at > this.#bytes.length ? Buffer.allocUnsafeSlow(bytes) : this.#bytes.subarray(start, start + bytes)
  }
  release(): void {
    this.#at = 0
  }
}

const help = `npm run bench -- protocols [options]
  --rows a,b     ${rows.map(([load]) => load).join(', ')} (default: all)
  --rounds N     rounds, each of some requests of every protocol in turn (default 12)`

/**
 * `npm run bench -- protocols`: CPU time per record of decoding, and of all that a record goes through in the main process
 * but sockets (decode, pipeline, encode), in one process, the protocols taking turns, so that a busy machine is busy for
 * all of them alike. The median of the rounds counts.
 */
export async function benchProtocols(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '' },
      rounds: { type: 'string', default: '12' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(help)
  const wanted = values.rows === '' ? null : values.rows.split(',')
  const chosen = rows.filter(([load]) => wanted === null || wanted.includes(load))
  const against = new Set(chosen.map(([, other]) => other))
  const measured = rows.filter((row) => chosen.includes(row) || against.has(row[0]))
  const series = (await createSeriesTables()).of(defaultTenant)
  const meters = measured.map(([load, other, decode]) => new Meter({ load, other, decode, series }))
  for (let round = 0; round < Number(values.rounds) + 2; round++)
    for (const meter of meters) await meter.round(round >= 2)
  console.log('load              bytes   decode  ratio     all  ratio   (µs of CPU per record)')
  for (const meter of meters) print(meter, meters.find(({ load }) => load === meter.other) ?? meter)
}

function print(meter: Meter, other: Meter): void {
  const columns = [
    meter.load.padEnd(16),
    meter.bytesPerRecord.toFixed(0).padStart(6),
    meter.decodeUs.toFixed(2).padStart(8),
    (meter.decodeUs / other.decodeUs).toFixed(2).padStart(6),
    meter.allUs.toFixed(2).padStart(7),
    (meter.allUs / other.allUs).toFixed(2).padStart(6),
  ]
  console.log(columns.join(' '))
}

interface MeterParts {
  readonly load: string
  readonly other: string
  readonly decode: Decode
  readonly series: SeriesTable
}

const requestsPerRound = 30

class Meter {
  readonly load: string
  readonly other: string
  readonly #parts: MeterParts
  readonly #memory = new Slab()
  readonly #encoder = new CommitEncoder(() => 30)
  readonly #pipeline
  readonly #traffic
  readonly #decodeUs: number[] = []
  readonly #allUs: number[] = []
  bytesPerRecord = 0

  constructor(parts: MeterParts) {
    this.#parts = parts
    this.load = parts.load
    this.other = parts.other
    this.#traffic = loads[parts.load]()
    const sink = {
      append: async (batch: Batch, reject: RowMask = null) => {
        this.#encoder.encode([{ batch, reject }], Date.now())
        return { acceptedRows: batch.rowCount, rejections: [] }
      },
    }
    this.#pipeline = createPipeline({
      sink,
      ledger: createLedger(systemClock),
      clock: systemClock,
      limits: () => defaultIngestLimits,
    })
  }

  async round(counts: boolean): Promise<void> {
    const { recordsPerRequest } = this.#traffic
    const bodies = Array.from({ length: requestsPerRound }, () => Buffer.from(this.#traffic.next(Date.now())))
    this.bytesPerRecord = bodies[0].length / recordsPerRequest
    const records = recordsPerRequest * requestsPerRound
    const decoded = await cpuMicros(async () => {
      for (const body of bodies) this.#decode(body)
    })
    const all = await cpuMicros(async () => {
      for (const body of bodies) await this.#pipeline.append(this.#decode(body))
    })
    if (!counts) return
    this.#decodeUs.push(decoded / records)
    this.#allUs.push(all / records)
  }

  #decode(body: Buffer): Batch {
    this.#memory.release()
    const { series, decode } = this.#parts
    return decode(body, {
      tenant: defaultTenant,
      series,
      receiver: this.load,
      receivedBytes: body.length,
      memory: this.#memory,
    })
  }

  get decodeUs(): number {
    return median(this.#decodeUs)
  }

  get allUs(): number {
    return median(this.#allUs)
  }
}

async function cpuMicros(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}
