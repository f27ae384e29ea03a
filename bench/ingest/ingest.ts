import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { journalBytes } from './journal-bytes.ts'
import { loads } from './loads.ts'
import { type ProcessCost, processCost } from './process-cost.ts'
import { printRow } from './row-report.ts'
import type { SenderOrder, SenderReport } from './sender.ts'
import { type ServerUnderTest, startServer } from './server-under-test.ts'
import { printStoredBytes } from './stored-bytes.ts'
import { measureVisibility } from './visibility.ts'

interface Row {
  readonly name: string
  /** How long the same traffic runs before anything is counted, seconds: code is compiled, series are known. */
  readonly warmUpSeconds: number
  readonly orders: readonly { load: string; rate: number; connections: number }[]
}

/** The rows of the table. Each is one or several senders at once; rate 0 = as fast as acknowledged. */
const rows: Readonly<Record<string, Row>> = {
  samples10k: {
    name: 'remote_write, 10,000 series, unthrottled',
    warmUpSeconds: 10,
    orders: [{ load: 'samples10k', rate: 0, connections: 4 }],
  },
  samples1500k: {
    name: 'remote_write, 1,500,000 series at 15 s',
    warmUpSeconds: 40,
    orders: [{ load: 'samples1500k', rate: 100_000, connections: 4 }],
  },
  logs: {
    name: 'OTLP log lines, unthrottled',
    warmUpSeconds: 10,
    orders: [{ load: 'logs', rate: 0, connections: 4 }],
  },
  spans: {
    name: 'OTLP spans, unthrottled',
    warmUpSeconds: 10,
    orders: [{ load: 'spans', rate: 0, connections: 4 }],
  },
  mix: {
    name: 'mix: 100k samples/s + 50k lines/s + 10k spans/s',
    warmUpSeconds: 40,
    orders: [
      { load: 'samples1500k', rate: 100_000, connections: 4 },
      { load: 'logs', rate: 50_000, connections: 4 },
      { load: 'spans', rate: 10_000, connections: 2 },
    ],
  },
  hour: {
    name: 'one hour of 10,000 series at 15 s, sent afterwards (for the bytes on disk)',
    warmUpSeconds: 0,
    orders: [{ load: 'hour', rate: 0, connections: 1 }],
  },
}

/** Rows of the other protocols, by the word for their load, and the row of OTLP or remote_write that each is held against. */
const protocolRows: Readonly<Record<string, string>> = {
  ...{ 'loki-json': 'logs', 'loki-protobuf': 'logs', elasticsearch: 'logs', syslog: 'logs', fluent: 'logs' },
  ...{ splunk: 'logs', 'datadog-logs': 'logs', ndjson: 'logs', 'zipkin-json': 'spans', 'zipkin-protobuf': 'spans' },
  ...{ 'jaeger-grpc': 'spans', 'jaeger-thrift': 'spans', 'datadog-traces': 'spans', influx: 'samples10k' },
  ...{ graphite: 'samples10k', statsd: 'samples10k', 'datadog-series': 'samples10k' },
}

/**
 * Bodies of 1,000 samples are some 15 kB in the journal, so that a commit waits for its pace (50 ms) instead of filling
 * up: with four senders the server would be idle, and what it does once a second divided by few records.
 */
const slowlyAnswered: readonly string[] = ['influx', 'datadog-series']

function rowOf(key: string): Row {
  const row = rows[key]
  if (row !== undefined) return row
  if (protocolRows[key] === undefined) throw new Error(`unknown row "${key}"; --help names them`)
  const connections = slowlyAnswered.includes(key) ? 32 : 4
  return { name: loads[key]().name, warmUpSeconds: 10, orders: [{ load: key, rate: 0, connections }] }
}

/** `protocols` stands for all rows of protocols and those that they are held against. */
function keysOf(text: string): string[] {
  const all = [...new Set(Object.values(protocolRows)), ...Object.keys(protocolRows)]
  return [...new Set(text.split(',').flatMap((key) => (key === 'protocols' ? all : [key])))]
}

const help = `npm run bench -- ingest [options]
  --rows a,b        ${Object.keys(rows).join(', ')} (default: all these)
                    protocols: every other protocol beside its OTLP counterpart; or one of
                    ${Object.keys(protocolRows).join(', ')}
  --seconds N       length of each row (default 30; the mix is meant for 300)
  --warm-up N       seconds of the same traffic before anything is counted (default: 10, 40 for 1,500,000 series)
  --url URL         another server that speaks the same protocols, instead of starting Sightline
  --pid PID         root of that server's process tree, to count its CPU and memory
  --flag=--a.b=c    a flag for the started server; may be repeated
  --no-disk         leave out what the rows take on disk`

/** Sends each row's traffic and prints what it cost. */
export async function benchIngest(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      rows: { type: 'string', default: Object.keys(rows).join(',') },
      seconds: { type: 'string', default: '30' },
      'warm-up': { type: 'string', default: '' },
      url: { type: 'string' },
      pid: { type: 'string', default: '0' },
      flag: { type: 'string', multiple: true, default: [] },
      disk: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(help)
  const costs = new Map<string, number>()
  for (const key of keysOf(values.rows)) {
    const row = rowOf(key)
    const warmUpSeconds = values['warm-up'] === '' ? row.warmUpSeconds : Number(values['warm-up'])
    // A fresh server per row: one row's merges must not be charged to the next.
    const server = values.url === undefined ? await startServer(values.flag) : other(values.url, Number(values.pid))
    try {
      const cost = await benchRow({ ...row, warmUpSeconds }, server, Number(values.seconds))
      if (cost !== null) costs.set(key, cost)
      await server.stop()
      if (values.disk && server.dataFolder !== '') await printStoredBytes(server.dataFolder)
    } finally {
      await server.stop()
      server.remove()
    }
  }
  printRatios(costs)
}

/** The protocols that were measured beside their counterparts. */
function printRatios(costs: ReadonlyMap<string, number>): void {
  for (const [key, against] of Object.entries(protocolRows)) {
    const [own, counterpart] = [costs.get(key), costs.get(against)]
    if (own === undefined || counterpart === undefined) continue
    console.log(`${key}: ${own.toFixed(2)} CPU-s per million, ${(own / counterpart).toFixed(2)} of ${against}`)
  }
}

function other(url: string, pid: number): ServerUnderTest {
  return { url, ports: {}, pid, dataFolder: '', stop: async () => {}, remove: () => {} }
}

/** The answer: CPU-s per million records; null where the server's CPU is not known. */
async function benchRow(row: Row, server: ServerUnderTest, seconds: number): Promise<number | null> {
  console.log(`\n## ${row.name} (${seconds} s)`)
  const warmUp = await send(row, server, { seconds: row.warmUpSeconds, probes: true })
  const before = await untilSettled(server)
  const measured = await send(row, server, { seconds, probes: false })
  const waitingBytes = await journalBytes(server.url)
  const settled = await untilSettled(server)
  return printRow({ ...measured, before, settled, waitingBytes, visible: warmUp.visible })
}

/** Probes for visibility are asked while warming up only: their queries are no cost of ingest. */
async function send(row: Row, server: ServerUnderTest, how: { seconds: number; probes: boolean }) {
  if (how.seconds === 0) return { reports: [], peakRss: 0, visible: [] }
  let peakRss = 0
  const watch = setInterval(() => (peakRss = Math.max(peakRss, costOf(server)?.rssBytes ?? 0)), 1000)
  const visibility = how.probes ? measureVisibility(server.url, how.seconds) : []
  const orders = row.orders.map((order) => ({ ...order, url: server.url, ports: server.ports, seconds: how.seconds }))
  const reports = await Promise.all(orders.map(runSender))
  clearInterval(watch)
  return { reports, peakRss, visible: await visibility }
}

function costOf(server: ServerUnderTest): ProcessCost | null {
  return server.pid === 0 ? null : processCost(server.pid)
}

/** Waits until inserts and merges have come to rest (CPU below 5 % of a core for 3 s, at most 90 s), so that they are counted. */
async function untilSettled(server: ServerUnderTest): Promise<ProcessCost | null> {
  let last = costOf(server)
  let quiet = 0
  for (let second = 0; last !== null && second < 90 && quiet < 3; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const now = costOf(server)
    if (now === null) break
    quiet = now.cpuSeconds - last.cpuSeconds < 0.05 ? quiet + 1 : 0
    last = now
  }
  return last
}

function runSender(order: SenderOrder): Promise<SenderReport> {
  if (loads[order.load] === undefined) throw new Error(`no load "${order.load}"`)
  const sender = fileURLToPath(new URL('./sender.ts', import.meta.url))
  return new Promise((resolve, reject) => {
    const child = spawn('node', [sender, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`the sender of ${order.load} ended with ${code}`))
      resolve(JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as SenderReport)
    })
  })
}
