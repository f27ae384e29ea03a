import { Buffer } from 'node:buffer'
import type { MetricType } from '../../model/metric.ts'
import type { ExpositionReader, ExpositionVisitor, MetadataLine, SampleLine } from './exposition-lines.ts'
import { typeNamed } from './exposition-lines.ts'
import { readExpositionProtobuf } from './exposition-protobuf.ts'
import { canonicalFloat, floatOf } from './float-text.ts'
import { readOpenMetricsText } from './open-metrics-text.ts'
import { readPrometheusText } from './prometheus-text.ts'
import { type Exposition, type ExpositionOptions, ScrapeRows } from './scrape-rows.ts'
import { SeriesText } from './series-text.ts'

export type ExpositionFormat = 'text' | 'openmetrics' | 'protobuf'

/** Format that a Content-Type names, or null for none of ours (Prometheus 3 refuses those unless told a fallback). */
export function expositionFormat(contentType: string): ExpositionFormat | null {
  const [mediaType, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  if (mediaType === 'text/plain') return 'text'
  if (mediaType === 'application/openmetrics-text') return 'openmetrics'
  if (mediaType !== 'application/vnd.google.protobuf') return null
  const isFamilies = parameters.includes('proto=io.prometheus.client.metricfamily')
  return isFamilies && parameters.includes('encoding=delimited') ? 'protobuf' : null
}

/**
 * Reads what a target exposes. The caller has begun the scrape of `options.cache`; it commits it with the answer, and
 * aborts it where this throws: DecodeError where the exposition is unreadable, as a scrape then fails as a whole in
 * Prometheus. Series beyond a limit, or with duplicate labels, cost themselves only.
 *
 * Created timestamps and `_created` series of OpenMetrics are read as series like any other; those of protobuf are not
 * kept. Cost: 0.3 µs per sample of a known series (bench/decode-metrics.ts).
 */
export function parseExposition(body: Uint8Array, format: ExpositionFormat, options: ExpositionOptions): Exposition {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const rows = new ScrapeRows(options, bytes.length)
  if (format === 'protobuf') readExpositionProtobuf(bytes, rows)
  else {
    const isOpenMetrics = format === 'openmetrics'
    const read: ExpositionReader = isOpenMetrics ? readOpenMetricsText : readPrometheusText
    read(bytes, new TextRows(bytes, rows, isOpenMetrics))
  }
  rows.finishMetadata()
  return rows
}

/** Takes the lines of both text formats. */
class TextRows implements ExpositionVisitor {
  readonly #bytes: Buffer
  readonly #rows: ScrapeRows
  readonly #text: SeriesText
  /** Of the TYPE line before. */
  #type: MetricType = 'unknown'
  #lineStart = 0
  #lineEnd = 0
  #seriesStart = 0
  #seriesEnd = 0
  readonly #labels = (): [string, string][] => this.#readLabels()

  constructor(bytes: Buffer, rows: ScrapeRows, isStrict: boolean) {
    this.#bytes = bytes
    this.#rows = rows
    this.#text = new SeriesText(bytes, isStrict)
  }

  knowsMetadata(start: number, end: number): boolean {
    this.#lineStart = start
    this.#lineEnd = end
    return this.#rows.options.cache.knowsMetadata(this.#bytes, start, end)
  }

  metadata({ kind, name, text }: MetadataLine): void {
    if (kind === 'TYPE') {
      this.#type = typeNamed(text) ?? 'unknown'
      this.#rows.noteFamily(name, { type: this.#type })
      return
    }
    this.#rows.options.cache.learnMetadata(this.#bytes, this.#lineStart, this.#lineEnd)
    this.#rows.noteFamily(name, kind === 'HELP' ? { help: text } : { unit: text })
  }

  guessSeriesEnd(start: number): number {
    return this.#rows.options.cache.guessEnd(this.#bytes, start)
  }

  sample(line: SampleLine): void {
    this.#seriesStart = line.seriesStart
    this.#seriesEnd = line.seriesEnd
    const ref = this.#rows.resolve(this.#bytes, line.seriesStart, line.seriesEnd, this.#labels)
    if (ref < 0) return
    this.#rows.addSample(ref, line.value, line.timestampMs)
    if (line.exemplarEnd === 0) return
    const exemplar = { ref, value: line.exemplarValue, timestampMs: line.exemplarTimestampMs }
    this.#rows.addExemplar(exemplar, this.#text.braces(line.exemplarStart, line.exemplarEnd))
  }

  #readLabels(): [string, string][] {
    const labels = this.#text.series(this.#seriesStart, this.#seriesEnd)
    const bound = this.#type === 'histogram' ? 'le' : this.#type === 'summary' ? 'quantile' : null
    if (bound !== null) for (const label of labels) if (label[0] === bound) label[1] = canonicalBound(label[1])
    return labels
  }
}

/** `1` becomes `1.0`, as Prometheus 3 has it; what is no number stays. */
function canonicalBound(text: string): string {
  const bytes = Buffer.from(text)
  try {
    return canonicalFloat(floatOf(bytes, 0, bytes.length))
  } catch {
    return text
  }
}
