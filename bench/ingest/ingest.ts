import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loads } from './loads.ts'
import { type ProcessCost, processCost } from './process-cost.ts'
import type { SenderOrder, SenderReport } from './sender.ts'
import { type ServerUnderTest, startServer } from './server-under-test.ts'
import { measureVisibility } from './visibility.ts'

interface Row {
  readonly name: string
  readonly orders: readonly { load: string; rate: number; connections: number }[]
}

/** The rows of the table. Each is one or several senders at once; rate 0 = as fast as acknowledged. */
const rows: Readonly<Record<string, Row>> = {
  samples10k: {
    name: 'remote_write, 10,000 series, unthrottled',
    orders: [{ load: 'samples10k', rate: 0, connections: 4 }],
  },
  samples1500k: {
    name: 'remote_write, 1,500,000 series at 15 s',
    orders: [{ load: 'samples1500k', rate: 100_000, connections: 4 }],
  },
  logs: { name: 'OTLP log lines, unthrottled', orders: [{ load: 'logs', rate: 0, connections: 4 }] },
  spans: { name: 'OTLP spans, unthrottled', orders: [{ load: 'spans', rate: 0, connections: 4 }] },
  mix: {
    name: 'mix: 100k samples/s + 50k lines/s + 10k spans/s',
    orders: [
      { load: 'samples1500k', rate: 100_000, connections: 4 },
      { load: 'logs', rate: 50_000, connections: 4 },
      { load: 'spans', rate: 10_000, connections: 2 },
    ],
  },
}

const help = `npm run bench -- ingest [options]
  --rows a,b        ${Object.keys(rows).join(', ')} (default: all)
  --seconds N       length of each row (default 30; the mix is meant for 300)
  --url URL         another server that speaks the same protocols, instead of starting Sightline
  --pid PID         root of that server's process tree, to count its CPU and memory
  --flag=--a.b=c    a flag for the started server; may be repeated`

/** Sends each row's traffic and prints what it cost. */
export async function benchIngest(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: Object.keys(rows).join(',') },
      seconds: { type: 'string', default: '30' },
      url: { type: 'string' },
      pid: { type: 'string', default: '0' },
      flag: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(help)
  const seconds = Number(values.seconds)
  for (const key of values.rows.split(',')) {
    const row = rows[key]
    if (row === undefined) throw new Error(`unknown row "${key}"; expected one of ${Object.keys(rows).join(', ')}`)
    // A fresh server per row: one row's merges must not be charged to the next.
    const server = values.url === undefined ? await startServer(values.flag) : other(values.url, Number(values.pid))
    try {
      await benchRow(row, server, seconds)
    } finally {
      await server.stop()
    }
  }
}

function other(url: string, pid: number): ServerUnderTest {
  return { url, pid, dataFolder: '', stop: async () => {} }
}

async function benchRow(row: Row, server: ServerUnderTest, seconds: number): Promise<void> {
  console.log(`\n## ${row.name} (${seconds} s)`)
  const before = costOf(server)
  let peakRss = 0
  const watch = setInterval(() => (peakRss = Math.max(peakRss, costOf(server)?.rssBytes ?? 0)), 1000)
  const visibility = measureVisibility(server.url, seconds)
  const reports = await Promise.all(row.orders.map((order) => runSender({ ...order, url: server.url, seconds })))
  clearInterval(watch)
  const visible = await visibility
  const settled = await untilSettled(server)
  print({ reports, before, settled, peakRss, visible })
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

interface Result {
  readonly reports: readonly SenderReport[]
  readonly before: ProcessCost | null
  readonly settled: ProcessCost | null
  readonly peakRss: number
  readonly visible: readonly number[]
}

function print({ reports, before, settled, peakRss, visible }: Result): void {
  let total = 0
  for (const report of reports) {
    total += report.acknowledgedRecords
    console.log(
      `${report.load}: ${Math.round(report.acknowledgedRecords / report.seconds).toLocaleString('en')} records/s acknowledged` +
        `, ack p50 ${report.ackP50Ms.toFixed(0)} ms, p99 ${report.ackP99Ms.toFixed(0)} ms, max ${report.ackMaxMs.toFixed(0)} ms` +
        (report.refusedRequests > 0
          ? `, ${report.refusedRequests} requests refused: ${report.firstRefusal}`
          : ', none refused'),
    )
  }
  if (before !== null && settled !== null) {
    const cpu = settled.cpuSeconds - before.cpuSeconds
    console.log(
      `CPU until merges settled: ${cpu.toFixed(1)} s for ${total.toLocaleString('en')} records = ${((cpu / total) * 1e6).toFixed(2)} CPU-s per million`,
    )
    for (const process of settled.processes) {
      const earlier = before.processes.find((one) => one.pid === process.pid)?.cpuSeconds ?? 0
      const own = process.cpuSeconds - earlier
      if (own > 0.2)
        console.log(
          `  ${process.name} (${process.pid}): ${own.toFixed(1)} s, RSS ${(process.rssBytes / 2 ** 20).toFixed(0)} MiB`,
        )
    }
    console.log(
      `RSS of all processes: peak ${(peakRss / 2 ** 30).toFixed(2)} GiB, at rest ${(settled.rssBytes / 2 ** 30).toFixed(2)} GiB`,
    )
  }
  const sorted = [...visible].sort((a, b) => a - b)
  if (sorted.length > 0)
    console.log(
      `ack to visible: median ${sorted[sorted.length >> 1].toFixed(0)} ms, worst ${sorted[sorted.length - 1].toFixed(0)} ms (${sorted.length} probes)`,
    )
}
