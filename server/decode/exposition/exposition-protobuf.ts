import { Buffer } from 'node:buffer'
import type { MetricType } from '../../model/metric.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { readClientHistogram } from './client-histogram.ts'
import { type ClientExemplar, type OpenMetric, ProtobufRows, readExemplar } from './protobuf-rows.ts'
import type { ScrapeRows } from './scrape-rows.ts'

/** By number in io.prometheus.client.MetricType. */
const types: readonly MetricType[] = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram']

/** Fields of Metric that hold its value. */
const metricField = { gauge: 2, counter: 3, summary: 4, untyped: 5, histogram: 7 } as const

/**
 * Reads the protobuf exposition: MetricFamily messages, each behind its length. Classic histograms and summaries become
 * the series that the text formats have; native ones stay native, and then come without classic buckets unless
 * `alwaysClassicHistograms`. Created timestamps are not kept.
 * Throws: DecodeError.
 * Source: https://github.com/prometheus/client_model io/prometheus/client/metrics.proto.
 */
export function readExpositionProtobuf(bytes: Buffer, rows: ScrapeRows): void {
  const reader = new ProtobufReader(bytes)
  const metrics = new ProtobufRows(rows)
  while (reader.position < reader.end) {
    const outer = reader.enter()
    readFamily(reader, metrics)
    reader.leave(outer)
  }
}

/** MetricFamily: 1 = name, 2 = help, 3 = type, 4 = metrics, 5 = unit. The metrics may stand before the rest. */
function readFamily(reader: ProtobufReader, metrics: ProtobufRows): void {
  const start = reader.position
  let name = ''
  let help = ''
  let unit = ''
  let type: MetricType = 'counter'
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        name = reader.text()
        break
      case 0x12:
        help = reader.text()
        break
      case 0x18:
        type = types[reader.int32()] ?? 'unknown'
        break
      case 0x2a:
        unit = reader.text()
        break
      default:
        reader.skip()
    }
  if (name === '') throw reader.error('metric family has no name', start)
  metrics.rows.noteFamily(name, { type, help, unit })
  reader.position = start
  while (reader.position < reader.end)
    if (reader.tag() === 0x22) {
      const outer = reader.enter()
      readMetric(reader, name, { type, metrics })
      reader.leave(outer)
    } else reader.skip()
}

/** Metric: 1 = labels, 6 = timestamp, and the value in one of `metricField`. */
function readMetric(
  reader: ProtobufReader,
  family: string,
  { type, metrics }: { type: MetricType; metrics: ProtobufRows },
): void {
  const pieces: Uint8Array[] = []
  let timestampMs = Number.NaN
  let valueField = 0
  let valueStart = 0
  let valueEnd = 0
  while (reader.position < reader.end) {
    const from = reader.position
    const tag = reader.tag()
    const field = tag >>> 3
    if (tag === 0x30) {
      reader.varint()
      timestampMs = reader.signed()
      continue
    }
    const isValue = (tag & 7) === 2 && Object.values(metricField).includes(field as 2)
    if (isValue) {
      valueField = field
      valueEnd = reader.rangeEnd()
      valueStart = reader.position
      reader.position = valueEnd
    } else reader.skip()
    if (tag === 0x0a) pieces.push(reader.bytes.subarray(from, reader.position))
  }
  const labels = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  const metric: OpenMetric = { family, type, timestampMs, labels }
  const value = new ProtobufReader(reader.bytes, valueStart, valueEnd)
  switch (valueField) {
    case metricField.gauge:
    case metricField.counter:
    case metricField.untyped:
      readSimple(value, metric, metrics)
      return
    case metricField.summary:
      readSummary(value, metric, metrics)
      return
    case metricField.histogram:
      readClientHistogram(value, metric, metrics)
      return
    default:
      throw reader.error(`a metric of ${family} has no value`)
  }
}

/** Gauge, Counter and Untyped: 1 = value; a Counter also 2 = exemplar. */
function readSimple(reader: ProtobufReader, metric: OpenMetric, metrics: ProtobufRows): void {
  let value = 0
  let exemplar: ClientExemplar | null = null
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x09:
        value = reader.double()
        break
      case 0x12:
        if (metric.type === 'counter') exemplar = readExemplar(reader)
        else reader.skip()
        break
      default:
        reader.skip()
    }
  const ref = metrics.addSample(metric, { suffix: '' }, value)
  if (exemplar !== null && ref >= 0) metrics.addExemplar(ref, exemplar)
}

/** Summary: 1 = count, 2 = sum, 3 = quantiles (1 = quantile, 2 = value). */
function readSummary(reader: ProtobufReader, metric: OpenMetric, metrics: ProtobufRows): void {
  let count = 0
  let sum = 0
  const quantiles: [number, number][] = []
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x08:
        reader.varint()
        count = reader.unsigned()
        break
      case 0x11:
        sum = reader.double()
        break
      case 0x1a:
        quantiles.push(readQuantile(reader))
        break
      default:
        reader.skip()
    }
  metrics.addSample(metric, { suffix: '_count' }, count)
  metrics.addSample(metric, { suffix: '_sum' }, sum)
  for (const [bound, value] of quantiles) metrics.addSample(metric, { suffix: '', boundName: 'quantile', bound }, value)
}

function readQuantile(reader: ProtobufReader): [number, number] {
  const outer = reader.enter()
  let quantile = 0
  let value = 0
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x09:
        quantile = reader.double()
        break
      case 0x11:
        value = reader.double()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return [quantile, value]
}
