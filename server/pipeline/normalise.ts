import type { Batch, LogBatch, SpanBatch } from '../model/batch.ts'
import type { DictionaryColumn } from '../model/columns.ts'
import { attributeOf, type Resource } from '../model/resource.ts'
import { numberOfSeverityText, textOfSeverityNumber } from './severity.ts'

/** Name of a service that did not name itself. Source: OpenTelemetry resource semantic conventions. */
const unknownService = 'unknown_service'

const maxSeverityNumber = 24

/**
 * Fills in what senders may leave out. Times and indexes are changed in place (the buffers are ours by now);
 * resources and dictionaries are copied where they grow.
 *
 * Logs: time 0 becomes the observed time, else now; observed time 0 becomes now; severity text and number are
 * made from each other. Logs and spans: a resource without `service.name` gets `unknown_service`.
 * Metrics need nothing: their identity is settled in the decoder.
 */
export function normalise(batch: Batch, nowMs: number): Batch {
  if (batch.signal === 'metrics') return batch
  const named = withServiceNames(batch)
  if (named.signal === 'traces') return named
  fillTimes(named, nowMs)
  return { ...named, severityText: fillSeverities(named) }
}

function withServiceNames<T extends LogBatch | SpanBatch>(batch: T): T {
  if (batch.resources.every((resource) => attributeOf(resource, 'service.name') !== '')) return batch
  return { ...batch, resources: batch.resources.map(withServiceName) }
}

function withServiceName(resource: Resource): Resource {
  if (attributeOf(resource, 'service.name') !== '') return resource
  const others = resource.attributes.filter(({ key }) => key !== 'service.name')
  return { ...resource, attributes: [...others, { key: 'service.name', type: 's', value: unknownService }] }
}

function fillTimes({ rowCount, timeUnixNano, observedUnixNano }: LogBatch, nowMs: number): void {
  const nowNano = BigInt(Math.trunc(nowMs)) * 1_000_000n
  const nowLow = Number(nowNano & 0xffffffffn)
  const nowHigh = Number(nowNano >> 32n)
  for (let i = 0; i < 2 * rowCount; i += 2) {
    const hasTime = timeUnixNano[i] !== 0 || timeUnixNano[i + 1] !== 0
    const isObserved = observedUnixNano[i] !== 0 || observedUnixNano[i + 1] !== 0
    if (!isObserved) {
      observedUnixNano[i] = nowLow
      observedUnixNano[i + 1] = nowHigh
    }
    if (!hasTime) {
      timeUnixNano[i] = observedUnixNano[i]
      timeUnixNano[i + 1] = observedUnixNano[i + 1]
    }
  }
}

/** Numbers are set in place; the texts may need words that the dictionary lacks. */
function fillSeverities({ rowCount, severityNumber, severityText }: LogBatch): DictionaryColumn {
  const { indexes } = severityText
  const values = [...severityText.values]
  const numberOfText = severityText.values.map(numberOfSeverityText)
  const textOfNumber: number[] = []
  for (let i = 0; i < rowCount; i++) {
    // Numbers that OTLP does not know say nothing.
    if (severityNumber[i] > maxSeverityNumber) severityNumber[i] = 0
    const number = severityNumber[i]
    if (number === 0) severityNumber[i] = numberOfText[indexes[i]]
    else if (indexes[i] === 0) {
      textOfNumber[number] ??= indexOfValue(values, textOfSeverityNumber(number))
      indexes[i] = textOfNumber[number]
    }
  }
  return { values, indexes }
}

/** Index of a value in a dictionary's values; added where it is not among them. */
function indexOfValue(values: string[], value: string): number {
  const index = values.indexOf(value)
  return index >= 0 ? index : values.push(value) - 1
}
