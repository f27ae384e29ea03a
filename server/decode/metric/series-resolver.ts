import type { Buffer } from 'node:buffer'
import { isCanonicalAscii } from '../../model/label-bytes.ts'
import type { Labels, SeriesTable } from '../../model/series-table.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { countNamedLabels, normaliseLabels, shortLabelBytes, strictText } from './label-rules.ts'
import { defaultMetricLimits, type Fault, type MetricDecodeContext, type MetricLimits } from './metric-context.ts'

/** Tag of a label in TimeSeries. */
const labelTag = 0x0a

/** What is wrong with a series where the tenant's limit of active series is reached. */
export const cardinalityFault: Fault = {
  reason: 'cardinality_limit',
  message: 'the tenant has as many active series as it may have; samples of further series are not taken',
}

/**
 * Turns label lists in remote_write's encoding (repeated field 1 of Label messages) into refs, one after the other.
 */
export class SeriesResolver {
  readonly limits: MetricLimits
  readonly #series: SeriesTable
  readonly #canSkipText: boolean
  /** Ref of the series resolved last, -1 before the first. */
  ref = -1

  constructor(context: MetricDecodeContext) {
    this.limits = context.limits ?? defaultMetricLimits
    this.#series = context.series
    this.#canSkipText = Math.min(this.limits.maxLabelNameBytes, this.limits.maxLabelValueBytes) >= shortLabelBytes
  }

  /**
   * End of the labels that begin at `start`, where they are those that usually follow the series before and nothing
   * behind them is a label; `ref` is their series then. -1 otherwise.
   */
  guess(bytes: Buffer, start: number, end: number): number {
    const ref = this.#series.guess(bytes, start, end, this.ref)
    if (ref < 0) return -1
    const labelsEnd = this.#series.guessEnd
    if (labelsEnd < end && bytes[labelsEnd] === labelTag) return -1
    this.ref = ref
    return labelsEnd
  }

  /** Sets `ref` to the series of the labels `bytes[start .. end)`; the answer is what is wrong with them, or null. */
  resolve(bytes: Buffer, start: number, end: number): Fault | null {
    const ref = this.#series.find(bytes, start, end, this.ref)
    if (ref < 0) return this.#resolveNew(bytes, start, end)
    this.ref = ref
    return null
  }

  /** The same for labels at hand as text, as `normaliseLabels` leaves them. */
  resolveLabels(labels: Labels): Fault | null {
    return this.#take(this.#series.intern(labels))
  }

  #resolveNew(bytes: Buffer, start: number, end: number): Fault | null {
    if (this.#canSkipText && isCanonicalAscii(bytes, start, end)) {
      const count = countNamedLabels(bytes, start, end)
      if (count > 0 && count <= this.limits.maxLabels)
        return this.#take(this.#series.internCanonical(bytes, start, end))
    }
    const labels = readLabels(new ProtobufReader(bytes, start, end))
    const fault = normaliseLabels(labels, this.limits) ?? this.resolveLabels(labels)
    if (fault === null) this.#series.remember(bytes, start, end, this.ref)
    return fault
  }

  #take(ref: number): Fault | null {
    if (ref < 0) return cardinalityFault
    this.ref = ref
    return null
  }
}

/**
 * Ref of the series with these labels, which are sorted in place and checked against the limits; or what is wrong with
 * them. For labels made by relabelling.
 */
export function internLabels(
  labels: [string, string][],
  context: Pick<MetricDecodeContext, 'series' | 'limits'>,
): number | Fault {
  const fault = normaliseLabels(labels, context.limits ?? defaultMetricLimits)
  if (fault !== null) return fault
  const ref = context.series.intern(labels)
  return ref < 0 ? cardinalityFault : ref
}

/** Labels of a message whose field 1 is a Label (1 = name, 2 = value); other fields are passed over. */
export function readLabels(reader: ProtobufReader): [string, string][] {
  const labels: [string, string][] = []
  while (reader.position < reader.end)
    if (reader.tag() === 0x0a) labels.push(readLabel(reader))
    else reader.skip()
  return labels
}

/** One Label message, before whose length the reader stands. Throws: DecodeError, for invalid UTF-8 too. */
export function readLabel(reader: ProtobufReader): [string, string] {
  const outer = reader.enter()
  let name = ''
  let value = ''
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        name = readStrictText(reader)
        break
      case 0x12:
        value = readStrictText(reader)
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return [name, value]
}

function readStrictText(reader: ProtobufReader): string {
  const end = reader.rangeEnd()
  const text = strictText(reader.bytes, reader.position, end)
  reader.position = end
  return text
}
