import type { MetricBatch } from '../model/batch.ts'
import { MetricBatchBuilder } from './metric/sample-columns.ts'
import { protobufOfJson } from './otlp-metrics/json-messages.ts'
import { type OtlpMetricContext, readOtlpMetrics } from './otlp-metrics.ts'
import { parseJson } from './wire/json-document.ts'

/** Levels of arrays and objects within one another. Beyond: DecodeError. */
const maxDepth = 256

/**
 * Decodes an ExportMetricsServiceRequest in OTLP/JSON; the same batch and the same rules as `decodeOtlpMetrics`, through
 * which it goes.
 *
 * Ids are hex, enums numbers or names, 64-bit integers strings or numbers, doubles also `"NaN"` and `"Infinity"`;
 * snake_case names are taken as well; unknown fields are passed over. A malformed point costs one rejected row, a
 * malformed metric or block one as well, whatever it held.
 * Throws: DecodeError where it is no JSON object or nested too deep. Cost: some 10 µs per point.
 * Source: OTLP specification, "JSON Protobuf Encoding".
 */
export function decodeOtlpMetricsJson(body: Uint8Array, context: OtlpMetricContext): MetricBatch {
  const builder = new MetricBatchBuilder(context)
  const bytes = protobufOfJson(parseJson(body, maxDepth), (error, path) =>
    builder.rejections.addError(error, 1, () => path),
  )
  readOtlpMetrics(bytes, context, builder)
  return builder.finish()
}
