import { compressSync } from 'snappy'
import type { Load } from './load.ts'
import { seededRandom, WireWriter } from './wire-writer.ts'

/** Samples in one request: what Prometheus sends by default (`max_samples_per_send`). */
const samplesPerRequest = 2000
const seriesPerTarget = 500
const metricNames = Array.from(
  { length: 10 },
  (_, i) =>
    `node_bench_${['cpu_seconds', 'memory_bytes', 'disk_reads', 'network_receive_bytes', 'load', 'requests', 'errors', 'duration_sum', 'duration_count', 'connections'][i]}_total`,
)

interface Body {
  readonly bytes: Buffer
  readonly values: Uint32Array
  readonly times: Uint32Array
  readonly current: Float64Array
}

/**
 * remote_write 1.0 of `seriesCount` series, one sample per series and round, target after target as a scrape
 * brings them: 10 labels and about 250 bytes each, integer counters and two-decimal gauges.
 */
export function remoteWriteLoad(seriesCount: number): Load {
  const bodies: Body[] = []
  for (let first = 0; first < seriesCount; first += samplesPerRequest)
    bodies.push(buildBody(first, Math.min(samplesPerRequest, seriesCount - first)))
  let index = 0
  return {
    name: `remote_write, ${seriesCount.toLocaleString('en')} series`,
    path: '/api/v1/write',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    recordsPerRequest: Math.min(samplesPerRequest, seriesCount),
    next(nowMs) {
      const body = bodies[index]
      index = (index + 1) % bodies.length
      advance(body, nowMs)
      return compressSync(body.bytes)
    },
  }
}

/**
 * The hour before last of `seriesCount` series at 15 s, as fast as it is taken: what the samples of a whole hour take
 * on disk cannot be told from a few of them. Each scrape comes some milliseconds before or after its time.
 */
export function hourLoad(seriesCount: number): Load {
  const load = remoteWriteLoad(seriesCount)
  const bodiesPerScrape = seriesCount / load.recordsPerRequest
  const startMs = (Math.floor(Date.now() / 3_600_000) - 2) * 3_600_000
  let sent = 0
  return {
    ...load,
    name: `${load.name}, one hour`,
    bodies: bodiesPerScrape * 240,
    next() {
      const scrape = Math.floor(sent / bodiesPerScrape)
      const jitterMs = (sent * 7919) % 7
      sent += 1
      return load.next(startMs + scrape * 15_000 + jitterMs)
    },
  }
}

function buildBody(firstSeries: number, count: number): Body {
  const writer = new WireWriter()
  const values = new Uint32Array(count)
  const times = new Uint32Array(count)
  const current = new Float64Array(count)
  const random = seededRandom(firstSeries + 1)
  for (let i = 0; i < count; i += 1) {
    let value = 0
    let time = 0
    const shifts: number[] = []
    const outer = writer.nested(1, () => {
      writeLabels(writer, firstSeries + i)
      shifts.push(
        writer.nested(2, () => {
          value = writer.fixed64(1)
          writer.tag(2, 0)
          time = writer.length
          writer.varint(1_700_000_000_000)
        }),
      )
    })
    values[i] = value + outer + shifts[0]
    times[i] = time + outer + shifts[0]
    current[i] = Math.floor(random() * 1e6)
  }
  return { bytes: writer.finish(), values, times, current }
}

function writeLabels(writer: WireWriter, series: number): void {
  const target = Math.floor(series / seriesPerTarget)
  const inTarget = series % seriesPerTarget
  const labels: [string, string][] = [
    ['__name__', metricNames[Math.floor(inTarget / 50)]],
    ['cluster', 'production-eu-central-1'],
    ['device', `device-${inTarget % 50}`],
    ['instance', `10.${target >> 16}.${(target >> 8) & 255}.${target & 255}:9100`],
    ['job', `job-${target % 20}`],
    ['mode', ['idle', 'user', 'system', 'iowait'][inTarget % 4]],
    ['namespace', `namespace-${target % 7}`],
    ['pod', `pod-${target}-6f7d9c5b8d-x2x9z`],
    ['region', 'eu-central-1'],
    ['team', `team-${target % 11}`],
  ]
  for (const [name, value] of labels)
    writer.nested(1, () => {
      writer.text(1, name)
      writer.text(2, value)
    })
}

/** Counters grow by small integers, every tenth series is a gauge with two decimals, a fifth stands still. */
function advance(body: Body, nowMs: number): void {
  const { bytes, values, times, current } = body
  for (let i = 0; i < values.length; i += 1) {
    const kind = i % 10
    if (kind === 9) current[i] = Math.round((50 + 40 * Math.sin(nowMs / 60_000 + i)) * 100) / 100
    else if (kind > 1) current[i] += 1 + ((i * 31 + (nowMs & 1023)) % 97)
    bytes.writeDoubleLE(current[i], values[i])
    writeVarint6(bytes, nowMs, times[i])
  }
}

/** Unix milliseconds between 2^35 and 2^42 are always six bytes. */
function writeVarint6(bytes: Buffer, value: number, at: number): void {
  let rest = value
  for (let i = 0; i < 5; i += 1) {
    bytes[at + i] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  bytes[at + 5] = rest
}
