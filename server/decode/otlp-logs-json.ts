import { Buffer } from 'node:buffer'
import type { LogBatch } from '../model/batch.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'
import { LogRows } from './log-rows.ts'
import { logLevels } from './otlp/envelope.ts'
import { type JsonRowReader, OtlpJsonEnvelope } from './otlp/json-envelope.ts'
import { enumField, field, fixed64Field, idField, textField, uint32Field, words } from './otlp/json-fields.ts'
import { addAttributes, readAnyValue } from './otlp/json-value.ts'
import type { JsonObject } from './wire/json-document.ts'

/** Names of SeverityNumber by number. Source: OTLP logs.proto. */
const severityNames = [
  'SEVERITY_NUMBER_UNSPECIFIED',
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level) =>
    ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${level}${step}`),
  ),
]

/**
 * Decodes an ExportLogsServiceRequest in OTLP/JSON; the same batch and the same rules as `decodeOtlpLogs`.
 *
 * Ids are hex of either case, enums numbers or names, 64-bit integers strings or numbers (numbers keep all their
 * digits too); snake_case names are taken as well; unknown fields are passed over.
 * Throws: DecodeError where it is no JSON, is nested deeper than 256 levels, or the blocks around the records are not
 * arrays of objects. Cost: about 8 µs a record of 700 bytes.
 * Source: OTLP specification, "JSON Protobuf Encoding".
 */
export function decodeOtlpLogsJson(body: Uint8Array, context: DecodeContext): LogBatch {
  const envelope = new OtlpJsonEnvelope(context, logLevels)
  const reader = new LogRecordJsonReader(new LogRows(body.length, context.memory), envelope.judge)
  envelope.read(body, reader)
  return reader.rows.finish(context, envelope.judge, envelope)
}

class LogRecordJsonReader implements JsonRowReader {
  readonly rows: LogRows
  readonly #judge: RowJudge

  constructor(rows: LogRows, judge: RowJudge) {
    this.rows = rows
    this.#judge = judge
  }

  read(row: JsonObject, resource: number, scope: number): void {
    const { rows } = this
    const judge = this.#judge
    // Everything that can fail comes before the first column is touched.
    fixed64Field(row, 'timeUnixNano')
    const time = { ...words }
    fixed64Field(row, 'observedTimeUnixNano')
    const observed = { ...words }
    const severityNumber = enumField(row, 'severityNumber', severityNames)
    const severityText = textField(row, 'severityText')
    const droppedAttributesCount = uint32Field(row, 'droppedAttributesCount')
    const flags = uint32Field(row, 'flags')
    const eventName = textField(row, 'eventName')
    const traceId = idField(row, 'traceId')
    const spanId = idField(row, 'spanId')
    const body = readAnyValue(field(row, 'body'))
    addAttributes(row, rows.attributes, judge)
    judge.judgeText('severity text', Buffer.byteLength(severityText))
    judge.judgeText('event name', Buffer.byteLength(eventName))
    judge.judgeBody(Buffer.byteLength(body.text))
    if (judge.isBlamed) return
    rows.resource.add(resource)
    rows.scope.add(scope)
    rows.timeUnixNano.addPair(time.low, time.high)
    rows.observedUnixNano.addPair(observed.low, observed.high)
    rows.severityNumber.add(severityNumber)
    rows.severityText.addText(severityText)
    rows.body.addText(body.text)
    rows.bodyType.add(body.type.charCodeAt(0))
    rows.droppedAttributesCount.add(droppedAttributesCount)
    if (traceId?.length === 16) rows.traceId.add(traceId, 0)
    else rows.traceId.addZero()
    if (spanId?.length === 8) rows.spanId.add(spanId, 0)
    else rows.spanId.addZero()
    rows.flags.add(flags)
    rows.eventName.addText(eventName)
    rows.attributes.endRow()
  }

  abandon(): void {
    this.rows.attributes.abandonRow()
  }
}
