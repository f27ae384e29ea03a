/**
 * CPU per row from batches to the synced journal, in one thread.
 * Run: node --max-semi-space-size=32 bench/encode.ts [logs|spans|samples …]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../server/journal/open-journal.ts'
import type { Batch } from '../server/model/batch.ts'
import { createSeriesTables } from '../server/model/series-interner.ts'
import { defaultTenant } from '../server/model/tenant.ts'
import { systemClock } from '../server/runtime/clock.ts'
import { silentLogger } from '../server/runtime/logger.ts'
import {
  type LogRow,
  labelsOf,
  logBatch,
  resourceOf,
  type SpanRow,
  spanBatch,
  text,
} from '../server/store/load/batches-fixture-suite.ts'
import { CommitEncoder } from '../server/store/load/encode/commit-encoder.ts'

const commits = 12
const resources = Array.from({ length: 20 }, (_, i) =>
  resourceOf({
    'service.name': `service-${i % 10}`,
    'service.version': '1.4.2',
    'k8s.namespace.name': 'shop',
    'k8s.pod.name': `pod-${i}`,
    'host.name': `node-${i % 4}`,
    'cloud.region': 'eu-west-1',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'process.pid': `${4000 + i}`,
    'container.id': `c${i}`.repeat(8),
  }),
)
let seed = 7
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
  return Math.floor((seed / 2 ** 32) * below)
}
function hex(bytes: number): string {
  return Buffer.from(Array.from({ length: bytes }, () => random(256))).toString('hex')
}

const nowMs = Date.now()
const now = BigInt(nowMs) * 1_000_000n

function logs(): Batch[] {
  return resources.map((resource) => {
    const rows: LogRow[] = Array.from({ length: 1000 }, (_, i) => ({
      time: now + BigInt(random(1e9)),
      observed: now + BigInt(random(2e9)),
      severity: 9,
      severityText: 'INFO',
      body: `10.250.${random(255)}.${random(255)} - request ${random(1e6)} served for user ${random(1e5)} in ${random(900)} ms, cache hit ratio 0.${random(99)}, retries ${random(3)}`,
      attributes: [
        text('http.route', `/api/v1/${i % 20}`),
        text('http.request.method', 'GET'),
        text('http.response.status_code', '200'),
        text('user.id', `${random(1e5)}`),
        text('thread.name', `worker-${random(16)}`),
        text('logger', 'com.example.shop.Checkout'),
      ],
      ...(i % 5 < 2 ? { traceId: hex(16), spanId: hex(8) } : {}),
    }))
    return logBatch(rows, { resources: [resource] })
  })
}

function spans(): Batch[] {
  return resources.map((resource) => {
    const traces = Array.from({ length: 100 }, () => hex(16))
    const rows: SpanRow[] = Array.from({ length: 1000 }, (_, i) => ({
      traceId: traces[Math.floor(i / 10)],
      spanId: hex(8),
      parentId: i % 10 === 0 ? '0'.repeat(16) : hex(8),
      start: now + BigInt(random(1e9)),
      end: now + BigInt(1e9 + random(1e8)),
      name: `GET /api/v1/${i % 40}`,
      kind: i % 5,
      status: i % 50 === 0 ? 2 : 0,
      attributes: [
        'http.route',
        'http.request.method',
        'url.path',
        'server.address',
        'net.peer.port',
        'user.id',
        'db.system',
      ].map((key) => text(key, `${key}-${random(100)}`)),
    }))
    return spanBatch(rows, { resources: [resource] })
  })
}

/** 500 series per target as node_exporter has them, one time per target and scrape. */
async function samples(): Promise<(round: number) => Batch[]> {
  const table = (await createSeriesTables()).of(defaultTenant)
  const targets = 200
  const refs = Array.from({ length: targets }, (_, target) =>
    Uint32Array.from({ length: 500 }, (_, i) =>
      table.intern(
        labelsOf({ __name__: `metric_${i % 25}`, i: `${i}`, instance: `10.0.0.${target}:9100`, job: 'node' }),
      ),
    ),
  )
  return (round) =>
    refs.map((ref, target) => ({
      signal: 'metrics',
      tenant: defaultTenant,
      receiver: 'bench',
      rowCount: 500,
      decodeRejections: [],
      receivedBytes: 0,
      series: table,
      sampleCount: 500,
      ref,
      timestampMs: new Float64Array(500).fill(nowMs + round * 15_000 + target),
      value: Float64Array.from({ length: 500 }, (_, i) => (i % 3 === 0 ? random(1e5) / 100 : random(1e6))),
      isDelta: null,
      histograms: [],
      exemplars: [],
      metadata: [],
    }))
}

async function measure(name: string, batchesOf: (round: number) => Batch[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-encode-'))
  const { journal } = await openJournal({ folder, maxBytes: 1e9, clock: systemClock, logger: silentLogger() })
  const encoder = new CommitEncoder(() => 30)
  let encodeUs = Number.POSITIVE_INFINITY
  let writeUs = Number.POSITIVE_INFINITY
  let bytes = 0
  const rounds = Array.from({ length: commits }, (_, round) => batchesOf(round))
  for (const batches of rounds) {
    const rows = batches.reduce((sum, batch) => sum + batch.rowCount, 0)
    const before = process.cpuUsage()
    const { commit } = encoder.encode(
      batches.map((batch) => ({ batch, reject: null })),
      nowMs,
    )
    const encoded = process.cpuUsage(before)
    await journal.append(commit)
    const written = process.cpuUsage(before)
    encodeUs = Math.min(encodeUs, (encoded.user + encoded.system) / rows)
    writeUs = Math.min(writeUs, (written.user + written.system) / rows)
    bytes = commit.blocks.reduce((sum, block) => sum + block.bytes.length, 0) / rows
  }
  console.log(
    `${name}: encode ${encodeUs.toFixed(2)}, encode + journal ${writeUs.toFixed(2)} µs per row (best of ${commits}), ${bytes.toFixed(0)} B per row`,
  )
  await journal.close()
  rmSync(folder, { recursive: true })
}

const wanted = process.argv.slice(2)
if (wanted.length === 0 || wanted.includes('logs')) await measure('logs', logs)
if (wanted.length === 0 || wanted.includes('spans')) await measure('spans', spans)
if (wanted.length === 0 || wanted.includes('samples')) await measure('samples', await samples())
