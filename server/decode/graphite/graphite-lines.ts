import type { Buffer } from 'node:buffer'
import type { MetricBatch } from '../../model/batch.ts'
import { prometheusLabelName, prometheusMetricName } from '../../model/prometheus-names.ts'
import { DecodeError } from '../../model/sink.ts'
import type { MetricDecodeContext } from '../metric/metric-context.ts'
import { MetricBatchBuilder } from '../metric/sample-columns.ts'
import { SeriesByText } from '../metric/series-by-text.ts'

/** One line without its end. */
export interface GraphiteLine {
  readonly bytes: Buffer
  readonly receivedMs: number
}

/** First byte of this decoder's keys in the table of series. */
const keyForm = 0x47

/** Decimal numbers; senders also write `nan`, which is no value. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/

/** Largest time, seconds: of an unsigned 64-bit number of nanoseconds. */
const maxSeconds = 18_446_744_073

/**
 * Decodes Graphite's plaintext protocol: `path value timestamp`, blanks or tabs between them, tags behind the path as
 * `;tag=value`. Dots and other characters that a Prometheus name may not have become underscores. Timestamps are seconds;
 * `-1`, `N` and none mean the moment of arrival. Rejected alone, as `line N` from 1: what is no line.
 * Throws: DecodeError where more than 10,000 lines are none.
 * Source: Graphite documentation, "Feeding In Your Data" and "Graphite Tag Support".
 */
export function decodeGraphite(lines: readonly GraphiteLine[], context: MetricDecodeContext): MetricBatch {
  const builder = new MetricBatchBuilder(context, lines.length)
  const series = new SeriesByText(context, keyForm)
  lines.forEach(({ bytes, receivedMs }, i) => {
    const where = (): string => `line ${i + 1}`
    try {
      const { path, value, timestampMs } = readLine(bytes.toString('utf8'), receivedMs)
      const ref = series.resolve(path, () => labelsOf(path))
      if (typeof ref === 'number') builder.add(ref, timestampMs, value)
      else builder.rejections.add(ref, 1, where)
    } catch (error) {
      builder.rejections.addError(error, 1, where)
    }
  })
  return builder.finish()
}

function readLine(line: string, receivedMs: number) {
  const [path, value, time, more] = wordsOf(line)
  if (value === undefined || more !== undefined) throw new DecodeError('expected PATH VALUE TIMESTAMP', 'the line')
  if (!decimal.test(value) || !Number.isFinite(Number(value)))
    throw new DecodeError(`value is ${JSON.stringify(value.slice(0, 64))}, expected a number`, 'the value')
  return { path, value: Number(value), timestampMs: timeOf(time, receivedMs) }
}

/** Up to four words; a fourth is one too many. */
function wordsOf(line: string): string[] {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  // Nearly all lines are three words with a blank between them.
  if (first > 0 && second > first + 1 && second < line.length - 1 && !/[^\x21-\x7e]/.test(line.slice(second + 1)))
    if (!/[^\x21-\x7e]/.test(line.slice(0, first)) && !line.slice(first + 1, second).includes('\t'))
      return [line.slice(0, first), line.slice(first + 1, second), line.slice(second + 1)]
  return line.trim().split(/[ \t]+/)
}

function timeOf(text: string | undefined, receivedMs: number): number {
  if (text === undefined || text === '-1' || text === 'N') return receivedMs
  const seconds = Number(text)
  if (!decimal.test(text) || seconds < 0 || seconds > maxSeconds)
    throw new DecodeError(
      `timestamp is ${JSON.stringify(text.slice(0, 64))}, expected seconds since 1970`,
      'the timestamp',
    )
  return Math.round(seconds * 1000)
}

/** Throws: DecodeError where a tag has no value or nothing usable is left of the path. */
function labelsOf(path: string): [string, string][] {
  const [metric, ...tags] = path.split(';')
  const name = prometheusMetricName(metric, { unit: '', type: 'gauge' })
  if (name === null) throw new DecodeError('nothing of the path can be a name', 'the path')
  const labels = new Map<string, string>([['__name__', name]])
  for (const tag of tags) {
    const equals = tag.indexOf('=')
    if (equals < 1 || equals === tag.length - 1)
      throw new DecodeError(`tag is ${JSON.stringify(tag.slice(0, 64))}, expected NAME=VALUE`, 'the path')
    const label = prometheusLabelName(tag.slice(0, equals))
    if (label !== null && label !== '__name__') labels.set(label, tag.slice(equals + 1))
  }
  return [...labels]
}
