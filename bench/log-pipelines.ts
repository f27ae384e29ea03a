import { parseArgs } from 'node:util'
import type { TrialLine } from '../server/model/setup/log-pipelines.ts'
import { CompiledPipeline } from '../server/pipeline/user/compiled-pipeline.ts'
import { batchOfLines } from '../server/pipeline/user/dry-run.ts'
import { readDefinition } from '../server/pipeline/user/read-definition.ts'
import { runPipelines } from '../server/pipeline/user/run-pipelines.ts'
import { TenantMetrics } from '../server/pipeline/user/tenant-metrics.ts'

const linesPerBatch = 2_000
const nowMs = Date.parse('2026-01-31T12:00:00Z')

const access =
  '203.0.113.7 - ann [31/Jan/2026:12:00:00 +0100] "GET /cart/items?id=7 HTTP/1.1" 200 512 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"'
const plain = 'the quick brown fox jumps over the lazy dog and over many other animals of the field'
const attributes = { 'http.request.method': 'GET', 'url.path': '/cart/items', 'http.response.status_code': '200' }

type Settings = Readonly<Record<string, unknown>>

/** One stage each, on a line that it works on. */
const cases: readonly { name: string; stage: Settings; body: string; attributes?: Readonly<Record<string, string>> }[] =
  [
    {
      name: 'match, no line fits',
      stage: { type: 'match', all: [{ field: 'service.name', equals: 'x' }] },
      body: plain,
    },
    { name: 'match, body contains', stage: { type: 'match', all: [{ field: 'body', contains: 'lazy' }] }, body: plain },
    { name: 'match, pattern', stage: { type: 'match', all: [{ field: 'body', matches: 'laz[yi]' }] }, body: plain },
    {
      name: 'grok, 4 fields',
      stage: {
        type: 'grok',
        patterns: ['^%{IP:client.address} \\S+ %{USER:user.name} \\[%{DATA:when}\\] "%{WORD:http.request.method} '],
      },
      body: access,
    },
    { name: 'grok, combined access', stage: { type: 'grok', patterns: ['^%{COMBINEDAPACHELOG}$'] }, body: access },
    {
      name: 'regex, 3 fields',
      stage: { type: 'regex', pattern: '"(?P<method>[A-Z]+) (?P<path>\\S+) HTTP/[0-9.]+" (?P<status>[0-9]{3})' },
      body: access,
    },
    {
      name: 'dissect, 9 fields',
      stage: {
        type: 'dissect',
        pattern:
          '%{client.address} %{} %{user.name} [%{when}] "%{http.request.method} %{url.path} HTTP/%{version}" %{status} %{size} "%{referrer}" "%{agent}"',
      },
      body: access,
    },
    {
      name: 'json, 6 fields',
      stage: { type: 'json' },
      body: '{"level":"info","msg":"order placed","order":{"id":17,"total":12.5},"user":"ann","ok":true}',
    },
    {
      name: 'logfmt, 6 fields',
      stage: { type: 'logfmt' },
      body: 'level=info msg="order placed" order=17 total=12.5 user=ann ok=true',
    },
    {
      name: 'csv, 6 columns',
      stage: { type: 'csv', columns: ['a', 'b', 'c', 'd', 'e', 'f'] },
      body: 'info,"order placed",17,12.5,ann,true',
    },
    {
      name: 'rename, 2 fields',
      stage: { type: 'rename', fields: { 'url.path': 'path', nothing: 'x' } },
      body: plain,
      attributes,
    },
    {
      name: 'set, 2 fields',
      stage: { type: 'set', fields: { env: 'prod', route: '{{http.request.method}} {{url.path}}' } },
      body: plain,
      attributes,
    },
    { name: 'remove, 2 fields', stage: { type: 'remove', fields: ['url.path', 'http.*'] }, body: plain, attributes },
    { name: 'redact, nothing found', stage: { type: 'redact' }, body: access, attributes },
    {
      name: 'redact, a card and a password',
      stage: { type: 'redact' },
      body: 'paid with 4111 1111 1111 1111 password=hunter2',
      attributes,
    },
    { name: 'sample', stage: { type: 'sample', keep: 0.5 }, body: plain },
    { name: 'route', stage: { type: 'route', retention: 'short' }, body: plain },
    { name: 'drop', stage: { type: 'drop' }, body: plain },
    {
      name: 'metric, counter with a label',
      stage: { type: 'metric', name: 'lines', kind: 'counter', labels: { path: 'url.path' } },
      body: plain,
      attributes,
    },
  ]

/**
 * `npm run bench -- log-pipelines`: CPU time per line of one stage each, the writing of the batch anew included. A
 * quarter of the rounds is passed before the clock runs.
 */
export function benchLogPipelines(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '60' } } })
  console.log('stage                          bytes  ns/line')
  for (const { name, stage, body, attributes: given } of cases) {
    const line: TrialLine = { body, ...(given === undefined ? {} : { attributes: given }) }
    const nanos = measure(pipelineOf(stage), line, Number(values.rounds))
    console.log(`${name.padEnd(30)} ${String(body.length).padStart(5)} ${nanos.toFixed(0).padStart(8)}`)
  }
  return Promise.resolve()
}

function pipelineOf(stage: Settings): CompiledPipeline {
  const read = readDefinition({ name: 'bench', stages: [stage] })
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  const metrics = new TenantMetrics()
  return new CompiledPipeline(read.definition, {
    tenant: () => null,
    retentionDays: () => 3,
    retentionClasses: ['short'],
    metric: (spec) => metrics.open(spec),
  })
}

function measure(pipeline: CompiledPipeline, line: TrialLine, rounds: number): number {
  const lines = Array.from({ length: linesPerBatch }, () => line)
  let micros = 0
  for (let round = 0; round < rounds; round++) {
    const batch = batchOfLines(lines, nowMs)
    const before = process.cpuUsage()
    runPipelines(batch, { pipelines: [pipeline], nowMs })
    const { user, system } = process.cpuUsage(before)
    if (round >= rounds / 4) micros += user + system
  }
  return (micros * 1000) / (linesPerBatch * rounds * 0.75)
}
