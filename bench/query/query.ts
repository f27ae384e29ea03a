import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { processCost } from '../ingest/process-cost.ts'
import { loadPrometheus } from './load-prometheus.ts'
import { type DataShape, seriesPerTarget, tickMs } from './query-data.ts'

const help = `npm run bench -- query [promql] [--series N] [--hours N] [--rounds N] [--against URL --against-pid PID] [--loaded]
  Questions of dashboards on a server with N series (100,000) and 6 hours at 15 s, asked in turn: once, then N rounds (7)
  whose times move on by 15 s each. Then the memory of a question over all series, and what one beyond the limit gets.
  --against      a Prometheus that receives remote_write; it gets the same samples first (unless --loaded)
  --against-pid  its process, whose CPU is then counted
  --end MS       time of the last sample, to repeat a run on a Prometheus that is loaded`

interface Question {
  readonly name: string
  readonly path: string
  readonly parameters: Record<string, string | number>
}

interface Server {
  readonly name: string
  readonly url: string
  readonly pid: number
}

/** Asks the same questions of our server and of another, in turn, and prints times, CPU and their ratios. */
export async function benchQuery(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      series: { type: 'string', default: '100000' },
      hours: { type: 'string', default: '6' },
      rounds: { type: 'string', default: '7' },
      against: { type: 'string' },
      'against-pid': { type: 'string' },
      loaded: { type: 'boolean', default: false },
      end: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || positionals.some((name) => name !== 'promql')) {
    console.log(help)
    return
  }
  const endMs = Number(values.end ?? Math.floor(Date.now() / tickMs) * tickMs)
  const shape: DataShape = { targets: Number(values.series) / seriesPerTarget, hours: Number(values.hours), endMs }
  console.log(`${values.series} series, ${values.hours} h at 15 s, end ${endMs}`)
  const own = await startOwn(shape)
  try {
    const servers: Server[] = [{ name: 'sightline', url: own.url, pid: own.child.pid ?? 0 }]
    if (values.against !== undefined) {
      if (!values.loaded) await loadPrometheus(values.against, shape)
      servers.push({ name: 'other', url: values.against, pid: Number(values['against-pid'] ?? 0) })
    }
    for (const question of questions(shape)) await compare(servers, question, Number(values.rounds))
    await reportMemory(servers[0], shape)
    const { rssBytes, processes } = processCost(own.child.pid ?? 0)
    const each = processes.map((one) => `${one.name} ${Math.round(one.rssBytes / 1e6)}`).join(', ')
    console.log(`memory of our processes afterwards: ${Math.round(rssBytes / 1e6)} MB (${each})`)
  } finally {
    own.child.kill('SIGTERM')
  }
}

function questions({ endMs, hours }: DataShape): readonly Question[] {
  const end = endMs / 1000
  const range = (name: string, query: string, over: number, step: number): Question => ({
    name: `${name}, ${over} h by ${step} s`,
    path: '/api/v1/query_range',
    parameters: { query, start: end - over * 3600 + 300, end, step },
  })
  const quantile = 'histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))'
  return [
    range('sum by (job) (rate)', 'sum by (job) (rate(http_requests_total[5m]))', 1, 15),
    range('sum by (job) (rate)', 'sum by (job) (rate(http_requests_total[5m]))', hours, 60),
    range('histogram_quantile', quantile, 1, 15),
    range('topk', 'topk(5, rate(http_requests_total[5m]))', 1, 60),
    range('regex', 'sum(rate(http_requests_total{path=~"/api/v1/.*",status!~"2.."}[5m]))', 1, 15),
    range(
      'one series',
      'rate(http_requests_total{instance="10.0.0.1:9100",path="/api/v0/resource-0",status="200"}[5m])',
      1,
      15,
    ),
    { name: '10k series, instant', path: '/api/v1/query', parameters: { query: 'http_requests_total', time: end } },
    {
      name: 'sum, instant',
      path: '/api/v1/query',
      parameters: { query: 'sum(rate(http_requests_total[5m]))', time: end },
    },
    { name: 'label values', path: '/api/v1/label/instance/values', parameters: { start: end - 3600, end } },
  ]
}

interface Measured {
  readonly walls: number[]
  cpuSeconds: number
  first: { wallMs: number; cpuMs: number }
  text: string
}

async function compare(servers: readonly Server[], question: Question, rounds: number): Promise<void> {
  const all: Measured[] = []
  for (const server of servers) all.push(await askFirst(server, question, rounds))
  for (let round = 1; round <= rounds; round += 1)
    for (const [i, server] of servers.entries()) {
      const before = cpuSecondsOf(server)
      const started = performance.now()
      all[i].text = await ask(server, moved(question, round - rounds))
      all[i].walls.push(performance.now() - started)
      all[i].cpuSeconds += cpuSecondsOf(server) - before
    }
  const line = servers.map((server, i) => {
    const sorted = all[i].walls.toSorted((a, b) => a - b)
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))].toFixed(0)
    const { wallMs, cpuMs } = all[i].first
    const first = `first ${wallMs.toFixed(0)} ms, CPU ${cpuMs.toFixed(0)}`
    return `${server.name} p50 ${at(0.5)} p95 ${at(0.95)} ms, CPU ${((all[i].cpuSeconds / rounds) * 1000).toFixed(0)} (${first})`
  })
  const [own, other] = all
  const ratio =
    other === undefined
      ? ''
      : `  ratio p50 ${(median(own) / median(other)).toFixed(2)}, CPU ${(own.cpuSeconds / other.cpuSeconds).toFixed(2)}${sameAnswer(own, other) ? '' : '  ANSWERS DIFFER'}`
  console.log(`${question.name.padEnd(30)} ${line.join(' | ')}, ${(own.text.length / 1000).toFixed(0)} kB${ratio}`)
}

/** A question that nothing is in memory for. */
async function askFirst(server: Server, question: Question, rounds: number): Promise<Measured> {
  const before = cpuSecondsOf(server)
  const started = performance.now()
  const text = await ask(server, moved(question, -rounds))
  const first = { wallMs: performance.now() - started, cpuMs: (cpuSecondsOf(server) - before) * 1000 }
  return { walls: [], cpuSeconds: 0, first, text }
}

function cpuSecondsOf({ pid }: Server): number {
  return pid === 0 ? 0 : processCost(pid).cpuSeconds
}

/** The same question so many ticks later, as a dashboard asks it. */
function moved({ parameters, ...rest }: Question, ticks: number): Question {
  const isTime = (name: string) => name === 'start' || name === 'end' || name === 'time'
  const entries = Object.entries(parameters).map(
    ([name, value]) => [name, isTime(name) ? Number(value) + (ticks * tickMs) / 1000 : value] as const,
  )
  return { ...rest, parameters: Object.fromEntries(entries) }
}

/** Peak memory of our processes in a question over all series, and the answer to one beyond the limit. */
async function reportMemory(own: Server, { endMs }: DataShape): Promise<void> {
  const end = endMs / 1000
  const over = (query: string, seconds: number): Question => ({
    name: '',
    path: '/api/v1/query_range',
    parameters: { query, start: end - seconds, end, step: 15 },
  })
  const processes = processCost(own.pid).processes
  for (const { pid } of processes) writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const before = processCost(own.pid).rssBytes
  const text = await ask(own, over('count by (job) ({__name__=~".+"})', 3600))
  const peak = processes.reduce((sum, { pid }) => sum + peakBytes(pid), 0)
  const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
  console.log(`all series, 1 h by 15 s: memory ${mb(before)} before, at most ${mb(peak)}; ${text.length} bytes`)
  const beyond = await fetchText(own, over('{__name__=~".+"}', 6 * 3600))
  console.log(`all series, 6 h by 15 s, every point: ${beyond.status} ${beyond.text.slice(0, 300)}`)
}

function peakBytes(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

function median({ walls }: Measured): number {
  return walls.toSorted((a, b) => a - b)[walls.length >> 1]
}

/** The same numbers to nine digits, whatever the order of series. */
function sameAnswer(a: Measured, b: Measured): boolean {
  const shape = (text: string) => {
    const { data } = JSON.parse(text) as { data: unknown }
    const rows = Array.isArray(data) ? data : (data as { result: unknown[] }).result
    return rows
      .map((row) =>
        JSON.stringify(sortedKeys(row)).replace(/"(-?[\d.]+(?:e[+-]\d+)?)"/g, (_all, number: string) =>
          Number(number).toPrecision(9),
        ),
      )
      .sort()
      .join('\n')
  }
  return shape(a.text) === shape(b.text)
}

function sortedKeys(row: unknown): unknown {
  if (typeof row !== 'object' || row === null || !('metric' in row)) return row
  return { ...row, metric: Object.entries(row.metric as object).sort(([x], [y]) => (x < y ? -1 : 1)) }
}

async function ask(server: Server, question: Question): Promise<string> {
  const { status, text } = await fetchText(server, question)
  if (status !== 200) throw new Error(`${server.url}${question.path}: ${status} ${text.slice(0, 300)}`)
  return text
}

async function fetchText({ url }: Server, { path, parameters }: Question): Promise<{ status: number; text: string }> {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  )
  const answer = await fetch(`${url}${path}?${query}`)
  return { status: answer.status, text: await answer.text() }
}

async function startOwn({ targets, hours, endMs }: DataShape): Promise<{ url: string; child: ChildProcess }> {
  // With the heap that bin/sightline.mjs gives the server.
  const flags = ['--max-semi-space-size=4', '--heap-growing-percent=100', '--disable-warning=ExperimentalWarning']
  const args = ['bench/query/query-server.ts', String(targets), String(hours), String(endMs)]
  const child = spawn(process.execPath, [...flags, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('ready ')) return { url: line.slice(6), child }
  throw new Error('the server of the bench ended before it was ready')
}
