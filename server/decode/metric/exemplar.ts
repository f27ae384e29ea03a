import { Buffer } from 'node:buffer'
import type { Exemplar } from '../../model/metric.ts'

const traceIdPattern = /^[0-9a-f]{32}$/i
const spanIdPattern = /^[0-9a-f]{16}$/i

/** Exemplar with the ids that its labels `trace_id` (or `traceID`) and `span_id` (or `spanID`) hold as hex. */
export function exemplarOf(
  sample: { ref: number; timestampMs: number; value: number },
  labels: Exemplar['labels'],
): Exemplar {
  let traceId = new Uint8Array(16)
  let spanId = new Uint8Array(8)
  for (const [name, value] of labels)
    if ((name === 'trace_id' || name === 'traceID') && traceIdPattern.test(value)) traceId = bytesOf(value)
    else if ((name === 'span_id' || name === 'spanID') && spanIdPattern.test(value)) spanId = bytesOf(value)
  return { ...sample, traceId, spanId, labels }
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}
