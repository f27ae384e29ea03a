import { decodeOtlpLogs } from '../decode/otlp-logs.ts'
import { decodeOtlpLogsJson } from '../decode/otlp-logs-json.ts'
import { decodeOtlpMetrics } from '../decode/otlp-metrics.ts'
import { decodeOtlpMetricsJson } from '../decode/otlp-metrics-json.ts'
import { encodeOtlpResponse, type OtlpFormat } from '../decode/otlp-response.ts'
import { decodeOtlpTraces } from '../decode/otlp-traces.ts'
import { decodeOtlpTracesJson } from '../decode/otlp-traces-json.ts'
import type { Batch } from '../model/batch.ts'
import type { Memory } from '../model/memory.ts'
import type { Signal } from '../model/signal.ts'
import type { Outcome } from '../model/sink.ts'
import type { TenantId } from '../model/tenant.ts'
import type { ReceiverContext } from './receiver.ts'

/** One OTLP export request, whatever it came over. */
export interface OtlpExport {
  readonly signal: Signal
  readonly format: OtlpFormat
  readonly body: Uint8Array
  readonly tenant: TenantId
  readonly receiver: string
  readonly receivedBytes: number
  readonly memory: Memory
}

/** Longest message about rejected rows, characters. */
const maxMessageLength = 1024

/**
 * Decodes an export request, appends it, and encodes the answer in the request's format: an empty message on full
 * success, else how many records were rejected and why. Throws: DecodeError, JournalFull, Overloaded.
 */
export async function exportOtlp(request: OtlpExport, context: ReceiverContext): Promise<Uint8Array> {
  // No bytes are a request without records in protobuf; in JSON they are no document, and as harmless.
  if (request.body.length === 0) return encodeOtlpResponse(request.signal, null, request.format)
  const outcome = await context.sink.append(decode(request, context))
  return encodeOtlpResponse(request.signal, partialSuccessOf(outcome), request.format)
}

function decode(request: OtlpExport, context: ReceiverContext): Batch {
  const { body } = request
  const isJson = request.format === 'json'
  switch (request.signal) {
    case 'logs':
      return isJson ? decodeOtlpLogsJson(body, request) : decodeOtlpLogs(body, request)
    case 'traces':
      return isJson ? decodeOtlpTracesJson(body, request) : decodeOtlpTraces(body, request)
    case 'metrics': {
      const { receiver, receivedBytes, memory } = request
      const series = context.tables.of(request.tenant)
      const about = { series, receiver, receivedBytes, memory, translation: context.otlpTranslation }
      return isJson ? decodeOtlpMetricsJson(body, about) : decodeOtlpMetrics(body, about)
    }
  }
}

function partialSuccessOf({ rejections }: Outcome) {
  const rejectedCount = rejections.reduce((sum, { count }) => sum + count, 0)
  if (rejectedCount === 0) return null
  const reasons = rejections.map(({ reason, count, sample }) => `${count} ${reason}, such as ${sample}`)
  return { rejectedCount, errorMessage: reasons.join('; ').slice(0, maxMessageLength) }
}
