/**
 * CPU of the scraper per scrape and per sample, and how evenly scrapes are spread. The targets are one local server in a
 * process of its own, whose CPU is not counted; batches are counted and thrown away.
 * Run: node --max-semi-space-size=32 bench/scrape.ts [targets] [seconds] [interval in s]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Batch } from '../server/model/batch.ts'
import { createSeriesTables } from '../server/model/series-interner.ts'
import type { Outcome } from '../server/model/sink.ts'
import { createLedger } from '../server/pipeline/ledger.ts'
import { prometheusScrape } from '../server/receive/protocols/prometheus-scrape.ts'
import { systemClock } from '../server/runtime/clock.ts'
import { createLogger } from '../server/runtime/logger.ts'

const seriesPerTarget = 500

/** Samples in a batch of one scrape that are not exposed: `up` and the other reports. */
const reports = 5

const serveWord = 'serve'

function exposition(): string {
  const lines: string[] = []
  for (let family = 0; family < seriesPerTarget / 10; family++) {
    lines.push(`# HELP http_requests_${family}_total Requests by handler and status.`)
    lines.push(`# TYPE http_requests_${family}_total counter`)
    for (let i = 0; i < 10; i++)
      lines.push(
        `http_requests_${family}_total{handler="/api/v1/cart/${i}",method="POST",code="200"} ${family * 1000 + i}.5`,
      )
  }
  return `${lines.join('\n')}\n`
}

function serve(): void {
  const body = exposition()
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-length': body.length }).end(body)
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '0.0.0.0', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
}

function startServer(): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(import.meta.filename, [serveWord])
  return new Promise((resolve) => child.once('message', (port) => resolve({ port: Number(port), child })))
}

/** Counts what comes, by 100 ms. */
class CountingSink {
  batches = 0
  rows = 0
  readonly byTenth = new Map<number, number>()

  async append(batch: Batch): Promise<Outcome> {
    this.batches += 1
    this.rows += batch.rowCount
    const tenth = Math.floor(Date.now() / 100)
    this.byTenth.set(tenth, (this.byTenth.get(tenth) ?? 0) + 1)
    return { acceptedRows: batch.rowCount, rejections: [] }
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

async function bench(targets: number, seconds: number, interval: number): Promise<void> {
  const { port, child } = await startServer()
  const sink = new CountingSink()
  const clock = systemClock
  const logger = createLogger({ level: 'error' })
  const context = { sink, ledger: createLedger(clock), clock, tables: await createSeriesTables(), logger }
  const static_configs = Array.from({ length: targets }, (_, i) => ({
    // Each target has an address of its own, so that none shares the connections of another.
    targets: [`127.0.${i >> 8}.${i & 255 || 255}:${port}`],
    labels: { instance: `target-${i}` },
  }))
  const job = { job_name: 'bench', scrape_interval: `${interval}s`, static_configs }
  const scraper = prometheusScrape.create({ configFile: '', configs: [job] }, context)
  await scraper.start()
  const cold = process.cpuUsage()
  while (sink.batches < 2 * targets) await pause(0.1)
  const warmUp = process.cpuUsage(cold)
  const before = { ...sink, cpu: process.cpuUsage() }
  sink.byTenth.clear()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await pause(seconds)
  delay.disable()
  const { user, system } = process.cpuUsage(before.cpu)
  const scrapes = sink.batches - before.batches
  const exposed = sink.rows - before.rows - reports * scrapes
  const micros = user + system
  const counts = [...sink.byTenth.values()].slice(1, -1).sort((a, b) => a - b)
  const at = (part: number) => counts[Math.min(counts.length - 1, Math.floor(part * counts.length))]
  const states = scraper.targets?.() ?? []
  const up = states.filter(({ health }) => health === 'up').length
  const { rss, heapUsed } = process.memoryUsage()
  console.log(`${targets} targets every ${interval} s, ${seconds} s measured; up: ${up}`)
  console.log(`scrapes                ${scrapes} (${Math.round((targets / interval) * seconds)} due)`)
  console.log(
    `CPU of the first two   ${((warmUp.user + warmUp.system) / targets / 2).toFixed(0)} µs per scrape, all series new`,
  )
  console.log(`CPU per scrape         ${(micros / scrapes).toFixed(0)} µs`)
  console.log(`CPU per sample         ${(micros / exposed).toFixed(3)} µs`)
  console.log(`CPU of one core        ${((micros / seconds / 1e6) * 100).toFixed(1)} %`)
  console.log(`scrapes per 100 ms     median ${at(0.5)}, 1 % ${at(0.01)}, 99 % ${at(0.99)}`)
  console.log(
    `event loop delay       median ${(delay.percentile(50) / 1e6).toFixed(1)} ms, 99 % ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  )
  console.log(`memory                 ${Math.round(rss / 2 ** 20)} MiB, heap ${Math.round(heapUsed / 2 ** 20)} MiB`)
  await scraper.stop()
  child.disconnect()
}

if (process.argv[2] === serveWord) serve()
else {
  const [targets = 5000, seconds = 30, interval = 15] = process.argv.slice(2).map(Number)
  await bench(targets, seconds, interval)
}
