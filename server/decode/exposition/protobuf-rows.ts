import { Buffer } from 'node:buffer'
import type { MetricType } from '../../model/metric.ts'
import { metricNameLabel } from '../metric/label-rules.ts'
import { readLabels } from '../metric/series-resolver.ts'
import { readSecondsAndNanos } from '../wire/protobuf-messages.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { canonicalFloat } from './float-text.ts'
import type { ScrapeRows } from './scrape-rows.ts'

/** A Metric while its samples are read. */
export interface OpenMetric {
  readonly family: string
  readonly type: MetricType
  /** NaN where the metric has none. */
  readonly timestampMs: number
  /** Field 1 of the Metric, end to end: repeated LabelPair. */
  readonly labels: Buffer
}

/** Exemplar as it was exposed. */
export interface ClientExemplar {
  readonly labels: [string, string][]
  readonly value: number
  /** NaN where it has none. */
  readonly timestampMs: number
}

/** Exemplar, before whose length the reader stands: 1 = labels, 2 = value, 3 = timestamp (1 = seconds, 2 = nanos). */
export function readExemplar(reader: ProtobufReader): ClientExemplar {
  const outer = reader.enter()
  const start = reader.position
  let value = 0
  let timestampMs = Number.NaN
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x11:
        value = reader.double()
        break
      case 0x1a:
        timestampMs = readTimestamp(reader)
        break
      default:
        reader.skip()
    }
  const labels = readLabels(new ProtobufReader(reader.bytes, start, reader.end))
  reader.leave(outer)
  return { labels, value, timestampMs }
}

function readTimestamp(reader: ProtobufReader): number {
  const { seconds, nanos } = readSecondsAndNanos(reader)
  return seconds * 1000 + Math.trunc(nanos / 1_000_000)
}

/** Which of a metric's series a sample belongs to. */
interface SeriesPart {
  readonly suffix: string
  readonly boundName?: 'le' | 'quantile'
  readonly bound?: number
}

/** Adds samples of metrics under keys composed of the family's name, the sample's part and the label bytes. */
export class ProtobufRows {
  readonly rows: ScrapeRows
  #key: Buffer = Buffer.allocUnsafeSlow(1024)

  constructor(rows: ScrapeRows) {
    this.rows = rows
  }

  /** The answer: ref of the series, negative where its sample is not taken. */
  addSample(metric: OpenMetric, part: SeriesPart, value: number): number {
    const ref = this.resolve(metric, part)
    if (ref >= 0) this.rows.addSample(ref, value, metric.timestampMs)
    return ref
  }

  addExemplar(ref: number, { labels, value, timestampMs }: ClientExemplar): void {
    this.rows.addExemplar({ ref, value, timestampMs }, labels)
  }

  /** Ref of a series of a metric. The key is: name, 0xff, suffix, 0xff, bound as 8 bytes, label bytes. */
  resolve(metric: OpenMetric, part: SeriesPart): number {
    const { family, labels } = metric
    const needed = (family.length + part.suffix.length) * 3 + 10 + labels.length
    if (needed > this.#key.length) this.#key = Buffer.allocUnsafeSlow(needed * 2)
    const key = this.#key
    let at = key.write(family, 0, 'utf8')
    key[at++] = 0xff
    at += key.write(part.suffix, at, 'latin1')
    key[at++] = 0xff
    at = key.writeDoubleLE(part.bound ?? Number.NaN, at)
    at += labels.copy(key, at)
    return this.rows.resolve(key, 0, at, () => {
      const exposed: [string, string][] = [[metricNameLabel, family + part.suffix]]
      exposed.push(...readLabels(new ProtobufReader(labels)))
      if (part.boundName !== undefined) exposed.push([part.boundName, canonicalFloat(part.bound ?? Number.NaN)])
      return exposed
    })
  }
}
