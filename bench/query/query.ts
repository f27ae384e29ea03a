import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { processCost } from '../ingest/process-cost.ts'
import { loadPrometheus } from './load-prometheus.ts'
import { type DataShape, seriesPerTarget, tickMs } from './query-data.ts'

const help = `npm run bench -- query [--series N] [--hours N] [--rounds N] [--against URL --against-pid PID] [--loaded]
  Questions of dashboards on a server with N series (100,000) and 6 hours at 15 s, asked in turn.
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
  const { values } = parseArgs({
    args: [...args],
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
  if (values.help) {
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
  bytes: number
  readonly text: string
}

async function compare(servers: readonly Server[], question: Question, rounds: number): Promise<void> {
  const all: Measured[] = []
  for (const server of servers) all.push({ walls: [], cpuSeconds: 0, bytes: 0, text: await ask(server, question) })
  for (let round = 0; round < rounds; round += 1)
    for (const [i, server] of servers.entries()) {
      const before = server.pid === 0 ? 0 : processCost(server.pid).cpuSeconds
      const started = performance.now()
      all[i].bytes = (await ask(server, question)).length
      all[i].walls.push(performance.now() - started)
      all[i].cpuSeconds += server.pid === 0 ? 0 : processCost(server.pid).cpuSeconds - before
    }
  const line = servers.map((server, i) => {
    const sorted = all[i].walls.toSorted((a, b) => a - b)
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))].toFixed(0)
    const cpu = ((all[i].cpuSeconds / rounds) * 1000).toFixed(0)
    return `${server.name} p50 ${at(0.5)} p95 ${at(0.95)} ms, CPU ${cpu} ms`
  })
  const [own, other] = all
  const ratio =
    other === undefined
      ? ''
      : `  ratio p50 ${(median(own) / median(other)).toFixed(2)}, CPU ${(own.cpuSeconds / other.cpuSeconds).toFixed(2)}${sameAnswer(own, other) ? '' : '  ANSWERS DIFFER'}`
  console.log(`${question.name.padEnd(34)} ${line.join(' | ')} (${(own.bytes / 1000).toFixed(0)} kB)${ratio}`)
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

async function ask({ url }: Server, { path, parameters }: Question): Promise<string> {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  )
  const answer = await fetch(`${url}${path}?${query}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}${path}: ${answer.status} ${text.slice(0, 300)}`)
  return text
}

async function startOwn({ targets, hours, endMs }: DataShape): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn('node', ['bench/query/query-server.ts', String(targets), String(hours), String(endMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('ready ')) return { url: line.slice(6), child }
  throw new Error('the server of the bench ended before it was ready')
}
