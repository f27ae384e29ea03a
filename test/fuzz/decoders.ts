import type { Buffer } from 'node:buffer'
import { type DatadogTraceVersion, decodeDatadogTraces } from '../../server/decode/datadog/traces.ts'
import { type ContentCoding, decompress } from '../../server/decode/decompress.ts'
import { decodeBulk } from '../../server/decode/elasticsearch/bulk.ts'
import { type ExpositionFormat, parseExposition } from '../../server/decode/exposition/exposition.ts'
import { validateOpenMetrics } from '../../server/decode/exposition/open-metrics-validation.ts'
import { ScrapeCache } from '../../server/decode/exposition/scrape-cache.ts'
import { decodeFluent, type ReceivedFluentRequest } from '../../server/decode/fluent/fluent.ts'
import { readFluentRequest } from '../../server/decode/fluent/request.ts'
import { RequestSplitter } from '../../server/decode/fluent/request-splitter.ts'
import { decodeGraphite } from '../../server/decode/graphite/graphite-lines.ts'
import { decodeInfluxLines } from '../../server/decode/influx/influx-lines.ts'
import { parseStreamLabels } from '../../server/decode/loki/stream-labels.ts'
import { internLabels } from '../../server/decode/metric/series-resolver.ts'
import { decodeNdjsonLogs } from '../../server/decode/ndjson-logs.ts'
import { decodeHecEvents, decodeHecRaw } from '../../server/decode/splunk/hec-events.ts'
import type { HecSource } from '../../server/decode/splunk/hec-source.ts'
import { readStatsdLine } from '../../server/decode/statsd/statsd-line.ts'
import { decodeStatsdNotes, type ReceivedNote } from '../../server/decode/statsd/statsd-notes.ts'
import { decodeSyslog } from '../../server/decode/syslog/syslog.ts'
import { sourceOfPath } from '../../server/decode/tail/source-of-path.ts'
import { decodeTailed } from '../../server/decode/tail/tail-batch.ts'
import { readTailPortion, type TailFormat } from '../../server/decode/tail/tail-records.ts'
import { LineBlockSplitter } from '../../server/decode/wire/line-blocks.ts'
import { FrameSplitter } from '../../server/decode/wire/stream-frames.ts'
import { decodeZipkinJson } from '../../server/decode/zipkin/zipkin-json.ts'
import { decodeZipkinProtobuf } from '../../server/decode/zipkin/zipkin-protobuf.ts'
import { freshRoom } from '../../server/model/memory.ts'
import { DecodeError } from '../../server/model/sink.ts'
import { createLedger } from '../../server/pipeline/ledger.ts'
import { defaultIngestLimits } from '../../server/pipeline/limits.ts'
import { createLineReader } from '../../server/pipeline/lines/line-reader.ts'
import { ManualClock } from '../../server/receive/manual-clock-suite.ts'
import { parseGroupingKey } from '../../server/receive/pushgateway/grouping-key.ts'
import { PushGroups } from '../../server/receive/pushgateway/push-groups.ts'
import { RecordingSink } from '../../server/receive/recording-sink-suite.ts'
import { batchOfWindows, StatsdAggregator } from '../../server/receive/statsd/aggregator.ts'
import { silentLogger } from '../../server/runtime/logger.ts'
import type { FuzzTarget, World } from './target.ts'

/*
 * Decoders that want more than a body: what their receivers do around them. Messages of streams come in pieces, whose
 * sizes follow from the input, and the same messages must be found in the whole.
 */

type Open = FuzzTarget['open']

/** Bytes that an unpacked body, or one message of a stream, may have here. */
const maxBytes = 262_144
const maxMessageBytes = 4_096

/** One target scraped again and again: what one exposition left behind is there for the next. */
export const exposition =
  (format: ExpositionFormat): Open =>
  ({ context, nowMs }) => {
    const cache = new ScrapeCache(context.series)
    return (input) => {
      cache.begin()
      try {
        const { builder } = parseExposition(input, format, {
          ...{ context, cache, timestampMs: nowMs, honorTimestamps: true, trackTimestampsStaleness: true },
          resolve: (labels) => internLabels(labels, context),
        })
        cache.commit()
        return builder.finish()
      } catch (error) {
        cache.abort()
        throw error
      }
    }
  }

export const strictOpenMetrics: Open = () => (input) => {
  validateOpenMetrics(input)
  return null
}

/** The path is the first line, the exposition the rest. */
export const pushgateway: Open = ({ context, nowMs }) => {
  const sink = new RecordingSink()
  const clock = new ManualClock(nowMs)
  const { tenant, receiver, series } = context
  const tables = { of: () => series, sweep: () => {}, usage: () => ({ series: 0, bytes: 0 }) }
  const groups = new PushGroups({ sink, clock, tables, ledger: createLedger(clock), logger: silentLogger() })
  return async (input) => {
    const end = Math.max(0, input.indexOf(0x0a))
    const key = parseGroupingKey(input.toString('utf8', 0, end), input.length % 2 === 0)
    const body = input.subarray(end + 1)
    const about = { tenant, receiver, receivedBytes: body.length, key, contentType: 'text/plain', body }
    await groups.push({ ...about, isWhole: input.length % 3 === 0 })
    // A group that is gone again leaves room for the next.
    await groups.remove(about)
    return sink.batches.splice(0)
  }
}

export const influx: Open =
  ({ context, nowMs }) =>
  (input) =>
    decodeInfluxLines(input, { unit: { cutDigits: 6, ms: 1 }, nowMs, labels: [['db', 'telegraf']] }, context)

export const graphite: Open = ({ context, nowMs }) => {
  return (input) =>
    decodeGraphite(
      blocksOf(input).map((bytes) => ({ bytes, receivedMs: nowMs })),
      context,
    )
}

export const statsd: Open = ({ context, nowMs }) => {
  const aggregator = new StatsdAggregator({ maxSeries: 1_000, expireAfterMs: 0 }, nowMs)
  let passedMs = 0
  return (input) => {
    const notes: ReceivedNote[] = []
    for (const bytes of messagesOf(input, false)) {
      const line = { bytes, start: 0, end: bytes.length }
      if (aggregator.addKnown(line, nowMs + passedMs)) continue
      try {
        const read = readStatsdLine(bytes.toString('utf8'))
        if (read.kind === 'metric') aggregator.add(read, nowMs + passedMs, line)
        else notes.push({ note: read, receivedMs: nowMs })
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
    }
    passedMs += 10_000
    const window = aggregator.close(nowMs + passedMs)
    return [decodeStatsdNotes(notes, context), ...(window === null ? [] : [batchOfWindows([window], context)])]
  }
}

export const lokiLabels: Open = () => (input) => {
  parseStreamLabels(input.toString('utf8'))
  return null
}

export const bulk: Open =
  ({ context }) =>
  (input) =>
    decodeBulk(input, 'logs', context).batch

/** Lines of text, and the reading of what they say. */
export const logLines: Open = ({ context, nowMs }) => {
  const reader = createLineReader()
  return (input) => reader.read(decodeNdjsonLogs(input, context), { nowMs, limits: defaultIngestLimits })
}

export const syslog: Open = ({ context, nowMs }) => {
  const about = { ...context, offsetMinutes: () => 60 }
  return (input) => {
    const received = messagesOf(input, true).map((bytes) => ({ bytes, receivedMs: nowMs, address: '10.0.0.1' }))
    return decodeSyslog(received, about)
  }
}

export const fluent: Open = ({ context, nowMs }) => {
  return (input) => {
    const splitter = new RequestSplitter(maxBytes, () => freshRoom)
    const requests: ReceivedFluentRequest[] = []
    for (const piece of piecesOf(input))
      for (const value of splitter.push(piece).values) {
        const request = readFluentRequest(value, maxBytes)
        if (request !== null) requests.push({ request, receivedMs: nowMs, wireBytes: value.length })
      }
    return decodeFluent(requests, context)
  }
}

const hecSource: HecSource = { host: 'h', source: '', sourcetype: 'st', index: '' }
export const splunkEvents: Open =
  ({ context }) =>
  (input) =>
    decodeHecEvents(input, hecSource, context).batch
export const splunkRaw: Open =
  ({ context }) =>
  (input) =>
    decodeHecRaw(input, hecSource, context).batch

const formats: readonly TailFormat[] = ['auto', 'plain', 'cri', 'docker']
const begins = { matches: (line: string): boolean => /^\S/.test(line) }

/** A file that is read portion by portion, the path its first line. */
export const tail: Open = ({ context, nowMs }) => {
  return (input) => {
    const path = input.toString('utf8', 0, Math.min(200, Math.max(0, input.indexOf(0x0a))))
    const rules = {
      format: formats[input.length % formats.length],
      recordStart: input.length % 3 === 0 ? begins : null,
      maxRecordBytes: 200,
    }
    const records = []
    let start = 0
    for (const end of [Math.floor(input.length / 3), Math.floor(input.length / 2), input.length]) {
      const portion = readTailPortion(input.subarray(start, end), rules, end === input.length)
      if (portion.consumed > end - start) throw new Error(`${portion.consumed} of ${end - start} bytes are done with`)
      records.push(...portion.records)
      start += portion.consumed
    }
    if (start !== input.length) throw new Error(`${start} of ${input.length} bytes are done with at the end`)
    return decodeTailed([{ path, resource: sourceOfPath(path), records }], nowMs, context)
  }
}

const nanoOf = ({ nowMs }: World): bigint => BigInt(nowMs) * 1_000_000n
export const zipkinJson: Open = (world) => (input) => decodeZipkinJson(input, nanoOf(world), world.context)
export const zipkinProtobuf: Open = (world) => (input) => decodeZipkinProtobuf(input, nanoOf(world), world.context)

export const datadogTraces =
  (version: DatadogTraceVersion): Open =>
  ({ context }) =>
  (input) =>
    decodeDatadogTraces(input, version, context)

export const compression =
  (coding: ContentCoding): Open =>
  ({ memory }) =>
  (input) => {
    const output = decompress(input, coding, { maxBytes, memory })
    if (output.length > maxBytes) throw new Error(`${output.length} bytes came out, at most ${maxBytes} may`)
    return output
  }

/** Blocks of lines out of pieces, as connections bring them. */
function blocksOf(input: Buffer): Buffer[] {
  const splitter = new LineBlockSplitter(maxMessageBytes)
  const blocks = piecesOf(input).flatMap((piece) => splitter.push(piece).blocks)
  const rest = splitter.end()
  return rest === null ? blocks : [...blocks, rest]
}

/** The input in pieces, as a connection may bring it. */
function piecesOf(input: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let state = input.length
  for (let start = 0; start < input.length; ) {
    state = (Math.imul(state ^ input[start], 0x0100_0193) + 1) >>> 0
    const end = start + 1 + (state % Math.max(17, input.length >> 3))
    pieces.push(input.subarray(start, end))
    start = end
  }
  return pieces
}

function messagesOf(input: Buffer, octetCounted: boolean): Buffer[] {
  const messages = framesOf(piecesOf(input), octetCounted)
  const wanted = framesOf([input], octetCounted)
  if (messages.length !== wanted.length || messages.some((message, i) => !message.equals(wanted[i])))
    throw new Error(`${messages.length} messages in pieces, ${wanted.length} other messages in the whole`)
  return messages
}

function framesOf(pieces: readonly Buffer[], octetCounted: boolean): Buffer[] {
  const splitter = new FrameSplitter({ maxBytes: maxMessageBytes, octetCounted })
  const messages: Buffer[] = []
  for (const piece of pieces) messages.push(...splitter.push(piece).messages)
  const rest = splitter.end()
  return rest === null ? messages : [...messages, rest]
}
