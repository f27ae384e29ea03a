import { Buffer } from 'node:buffer'
import { create, toBinary } from '@bufbuild/protobuf'
import { decodeNdjsonLogs } from '../server/decode/ndjson-logs.ts'
import { otlpJson } from '../server/decode/otlp/messages-suite.ts'
import { decodeOtlpLogs } from '../server/decode/otlp-logs.ts'
import { decodeOtlpLogsJson } from '../server/decode/otlp-logs-json.ts'
import { decodeOtlpTraces } from '../server/decode/otlp-traces.ts'
import { decodeOtlpTracesJson } from '../server/decode/otlp-traces-json.ts'
import { defaultTenant } from '../server/model/tenant.ts'
import { ExportLogsServiceRequestSchema, ExportTraceServiceRequestSchema } from '../test/fixtures/otlp/otlp_pb.js'

/**
 * CPU time of the decoders per record, in one thread: `node --max-semi-space-size=32 bench/decode.bench.ts`.
 * A log has about 350 bytes and 6 attributes, a span about 330 bytes and 7; both under 10 resource attributes.
 */
const recordsPerRequest = 1_000
const rounds = 7
const requestsPerRound = 100

const context = { tenant: defaultTenant, receiver: 'bench', receivedBytes: 0 }
let state = 42

/** A small generator with a fixed seed, so that every run decodes the same bytes. */
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 0x1_0000_0000) * below)
}

function id(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => random(256))
}

function text(key: string, value: string) {
  return { key, value: { value: { case: 'stringValue' as const, value } } }
}

function integer(key: string, value: number) {
  return { key, value: { value: { case: 'intValue' as const, value: BigInt(value) } } }
}

const resource = {
  attributes: [
    text('service.name', 'checkout'),
    text('service.namespace', 'shop'),
    text('service.version', '1.4.2'),
    text('service.instance.id', '627cc493-f310-47de-96bd-71410b7dec09'),
    text('k8s.pod.name', 'checkout-6d5f7c9b8-x2x7k'),
    text('k8s.namespace.name', 'production'),
    text('k8s.node.name', 'node-17'),
    text('host.name', 'ip-10-0-3-17'),
    text('deployment.environment.name', 'production'),
    text('telemetry.sdk.language', 'nodejs'),
  ],
}

function logRequest() {
  const logRecords = Array.from({ length: recordsPerRequest }, (_, i) => ({
    timeUnixNano: 1_760_000_000_000_000_000n + BigInt(i * 1_000 + random(1_000)),
    observedTimeUnixNano: 1_760_000_000_100_000_000n + BigInt(i * 1_000),
    severityNumber: 9 + 4 * random(3),
    severityText: ['INFO', 'WARN', 'ERROR'][random(3)],
    body: {
      value: {
        case: 'stringValue' as const,
        value: `payment ${random(1e9)} of customer ${random(1e6)} took ${random(900)} ms, 3 attempts, provider answered 200 after the second retry`,
      },
    },
    attributes: [
      text('http.route', `/api/checkout/${random(9)}`),
      integer('http.response.status_code', 200 + random(300)),
      text('http.request.method', 'POST'),
      text('user.id', `u-${random(1e6)}`),
      text('thread.name', `worker-${random(16)}`),
      text('code.namespace', 'shop.payment.Gateway'),
    ],
    traceId: id(16),
    spanId: id(8),
    flags: 1,
  }))
  return create(ExportLogsServiceRequestSchema, { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] })
}

function traceRequest() {
  const spans = Array.from({ length: recordsPerRequest }, (_, i) => ({
    traceId: id(16),
    spanId: id(8),
    parentSpanId: id(8),
    name: ['GET /api/cart', 'POST /api/checkout', 'SELECT shop.orders'][random(3)],
    kind: 1 + random(3),
    startTimeUnixNano: 1_760_000_000_000_000_000n + BigInt(i * 1_000),
    endTimeUnixNano: 1_760_000_000_000_000_000n + BigInt(i * 1_000 + random(1e6)),
    attributes: [
      text('http.route', `/api/checkout/${random(9)}`),
      integer('http.response.status_code', 200 + random(300)),
      text('http.request.method', 'POST'),
      text('server.address', 'checkout.production.svc'),
      integer('server.port', 8_080),
      text('url.full', `http://checkout.production.svc:8080/api/checkout/${random(1e6)}`),
      text('user_agent.original', 'undici/7.30 node/24'),
    ],
    status: { code: random(3) },
    flags: 257,
  }))
  return create(ExportTraceServiceRequestSchema, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
}

function measure(name: string, body: Uint8Array, decode: (body: Uint8Array) => { rowCount: number }): void {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    let rows = 0
    for (let i = 0; i < requestsPerRound; i++) rows += decode(body).rowCount
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / rows)
  }
  console.log(`${name}: ${least.toFixed(2)} µs CPU a record, ${Math.round(body.length / recordsPerRequest)} bytes`)
}

/** Lines as pino writes them. */
function lines(): Uint8Array {
  const texts = Array.from({ length: recordsPerRequest }, (_, i) =>
    JSON.stringify({
      level: 30,
      time: 1_760_000_000_000 + i,
      pid: 17,
      hostname: 'checkout-6d5f7c9b8-x2x7k',
      trace_id: Buffer.from(id(16)).toString('hex'),
      span_id: Buffer.from(id(8)).toString('hex'),
      route: `/api/checkout/${random(9)}`,
      msg: `payment ${random(1e9)} of customer ${random(1e6)} took ${random(900)} ms`,
    }),
  )
  return Buffer.from(texts.join('\n'))
}

const logs = logRequest()
const traces = traceRequest()
const logBytes = toBinary(ExportLogsServiceRequestSchema, logs)
const traceBytes = toBinary(ExportTraceServiceRequestSchema, traces)
measure('OTLP logs', logBytes, (body) => decodeOtlpLogs(body, context))
measure('OTLP spans', traceBytes, (body) => decodeOtlpTraces(body, context))
measure('OTLP/JSON logs', otlpJson(ExportLogsServiceRequestSchema, logs), (body) => decodeOtlpLogsJson(body, context))
measure('OTLP/JSON spans', otlpJson(ExportTraceServiceRequestSchema, traces), (body) =>
  decodeOtlpTracesJson(body, context),
)
measure('log lines', lines(), (body) => decodeNdjsonLogs(body, context))
