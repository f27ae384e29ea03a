import type { FastifyInstance, FastifyReply } from 'fastify'
import { compress, uncompress } from 'snappy'
import { ApiError } from './api-error.ts'
import { addRoute, type Exchange, type PrometheusApiParts } from './api-route.ts'
import {
  type EncodedSeries,
  encodeQueryResult,
  encodeReadResponse,
  encodeTimeSeries,
  type ReadQuery,
  readRequestOf,
} from './remote-read-wire.ts'

/** Samples that one remote read may bring; Prometheus' own bound is 50 million, which is 1 GB of answer. */
const maxSamples = 20_000_000

/** `POST /api/v1/read`: raw samples for another Prometheus, as snappy-compressed protobuf (response type SAMPLES). */
export function registerRemoteRead(app: FastifyInstance, parts: PrometheusApiParts): void {
  addRoute(app, { methods: ['POST'], url: '/read', parts }, (exchange) => answerRead(exchange, parts))
}

async function answerRead(exchange: Exchange, { metrics }: PrometheusApiParts): Promise<FastifyReply> {
  const { request, reply, scope } = exchange
  if (!Buffer.isBuffer(request.body)) throw new ApiError('bad_data', 'expected a body of application/x-protobuf')
  const queries = await decode(request.body)
  const results: Uint8Array[] = []
  let held = 0
  for (const query of queries) {
    const found: EncodedSeries[] = []
    const source = metrics.source(scope)
    const hints = { functionName: '', rangeMs: 0, stepMs: 0, newestOnly: false }
    // Remote read includes its start.
    for await (const batch of source.select({ ...query, startMs: query.startMs - 1, hints }))
      for (const series of batch) {
        held += series.times.length + series.histogramTimes.length
        if (held > maxSamples) throw new ApiError('bad_data', `exceeded sample limit (${maxSamples})`)
        found.push({ labels: series.labels, bytes: encodeTimeSeries(series) })
      }
    results.push(encodeQueryResult(found))
  }
  void reply.header('content-encoding', 'snappy')
  return reply.type('application/x-protobuf').send(await compress(Buffer.from(encodeReadResponse(results))))
}

async function decode(body: Buffer): Promise<readonly ReadQuery[]> {
  try {
    return readRequestOf((await uncompress(body, { asBuffer: true, copyOutputData: true })) as Buffer)
  } catch (error) {
    throw new ApiError('bad_data', `cannot read the request: ${error instanceof Error ? error.message : String(error)}`)
  }
}
