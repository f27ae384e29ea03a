import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { compress, uncompress } from 'snappy'
import { ApiError } from '../api-error.ts'
import { addRoute, type Exchange, type PrometheusApiParts } from '../api-route.ts'
import { framesOf, framesType } from './chunk-frames.ts'
import { type ReadQuery, type ReadRequest, readRequestOf } from './read-request.ts'
import { type EncodedSeries, encodeQueryResult, encodeReadResponse, encodeTimeSeries } from './sample-response.ts'
import { readSorted } from './sorted-reading.ts'

/** Samples that one answer of samples may bring; Prometheus' own bound is 50 million, which is 1 GB of answer. */
const maxSamples = 20_000_000

/** Frames are joined to pieces of about this many bytes before they go to the socket. */
const pieceBytes = 64 * 1024

/**
 * `POST /api/v1/read`: raw samples for another Prometheus. As frames of chunks, sent while they are read, where the
 * reader takes these first (STREAMED_XOR_CHUNKS), else as one snappy-compressed message (SAMPLES).
 */
export function registerRemoteRead(app: FastifyInstance, parts: PrometheusApiParts): void {
  addRoute(app, { methods: ['POST'], url: '/read', parts }, async (exchange) => {
    const { body } = exchange.request
    if (!Buffer.isBuffer(body)) throw new ApiError('bad_data', 'expected a body of application/x-protobuf')
    const { queries, responseType } = await decode(body)
    if (responseType === null)
      throw new ApiError(
        'bad_data',
        'none of the accepted response types is known: expected SAMPLES or STREAMED_XOR_CHUNKS',
      )
    return responseType === 'samples' ? answerSamples(exchange, queries, parts) : answerChunks(exchange, queries, parts)
  })
}

async function answerSamples(
  { reply, scope }: Exchange,
  queries: readonly ReadQuery[],
  { metrics }: PrometheusApiParts,
) {
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

/** What fails before the first piece is an answer with a status; what fails later cuts the connection. */
async function answerChunks(
  { reply, scope }: Exchange,
  queries: readonly ReadQuery[],
  { metrics }: PrometheusApiParts,
): Promise<FastifyReply> {
  async function* frames(): AsyncGenerator<Uint8Array> {
    for (const [queryIndex, query] of queries.entries())
      for await (const series of readSorted(metrics, { scope, query, encode: (one) => [...framesOf(one, queryIndex)] }))
        yield* series
  }
  const pieces = inPieces(frames())
  const first = await pieces.next()
  async function* body(): AsyncGenerator<Uint8Array> {
    if (first.done !== true) yield first.value
    yield* pieces
  }
  return reply.type(framesType).send(Readable.from(body(), { objectMode: false, highWaterMark: 4 * pieceBytes }))
}

async function* inPieces(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let length = 0
  for await (const frame of frames) {
    waiting.push(frame)
    length += frame.length
    if (length < pieceBytes) continue
    yield Buffer.concat(waiting, length)
    waiting = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(waiting, length)
}

async function decode(body: Buffer): Promise<ReadRequest> {
  try {
    return readRequestOf((await uncompress(body, { asBuffer: true, copyOutputData: true })) as Buffer)
  } catch (error) {
    throw new ApiError('bad_data', `cannot read the request: ${error instanceof Error ? error.message : String(error)}`)
  }
}
