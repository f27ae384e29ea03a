import type { LogBatch } from '../model/batch.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'
import { LogRows } from './log-rows.ts'
import { findValue, readKeyValue, readLongText, typeOf } from './otlp/any-value.ts'
import { logLevels, OtlpEnvelope, type RowReader } from './otlp/envelope.ts'
import { ProtobufReader } from './wire/protobuf-reader.ts'

/** Largest severity number. Source: OTLP logs.proto, SeverityNumber. */
const maxSeverityNumber = 24

/**
 * Decodes an ExportLogsServiceRequest in protobuf.
 *
 * Kept: every field of ResourceLogs, ScopeLogs and LogRecord but the resource's `entity_refs`. Bodies stay byte for
 * byte; in all other strings invalid UTF-8 becomes U+FFFD. A body that is no string has the same text form as an
 * attribute's value. Severity numbers outside 0-24 become 0. A trace or span id that has the wrong length is emptied
 * and the record kept: logs.proto has receivers take such a record as one that belongs to no trace.
 * Rejected alone: a malformed record, one with a value nested deeper than 32 levels, one beyond a limit.
 * Throws: DecodeError where the blocks around the records are broken, or there are too many records (`decode-context.ts`).
 * Cost: about 1 µs for a record of 350 bytes with 6 attributes.
 * Source: opentelemetry-proto 1.10, logs.proto.
 */
export function decodeOtlpLogs(body: Uint8Array, context: DecodeContext): LogBatch {
  const envelope = new OtlpEnvelope(context, logLevels)
  const reader = new LogRecordReader(new LogRows(body.length, context.memory), envelope.judge)
  envelope.read(new ProtobufReader(body), reader)
  return reader.rows.finish(context, envelope.judge, envelope.origins)
}

/** Reads LogRecords. Fields are noted first and added when the record is known to be good. */
class LogRecordReader implements RowReader {
  readonly rows: LogRows
  readonly #judge: RowJudge
  #timeLow = 0
  #timeHigh = 0
  #observedLow = 0
  #observedHigh = 0
  #severityNumber = 0
  #severityTextStart = 0
  #severityTextEnd = 0
  #bodyStart = 0
  #bodyEnd = 0
  #droppedAttributesCount = 0
  #flags = 0
  #traceIdStart = 0
  #traceIdEnd = 0
  #spanIdStart = 0
  #spanIdEnd = 0
  #eventNameStart = 0
  #eventNameEnd = 0

  constructor(rows: LogRows, judge: RowJudge) {
    this.rows = rows
    this.#judge = judge
  }

  read(reader: ProtobufReader, resource: number, scope: number): void {
    this.#reset()
    while (reader.position < reader.end) this.#readField(reader, reader.tag())
    this.#judge.judgeText('severity text', this.#severityTextEnd - this.#severityTextStart)
    this.#judge.judgeText('event name', this.#eventNameEnd - this.#eventNameStart)
    // The body comes first: it is the only one that can still fail.
    const bodies = this.rows.body.count
    this.#addBody(reader)
    if (this.#judge.isBlamed) this.rows.body.truncate(bodies)
    else this.#add(reader.bytes, resource, scope)
  }

  abandon(): void {
    this.rows.attributes.abandonRow()
  }

  #reset(): void {
    this.#timeLow = this.#timeHigh = this.#observedLow = this.#observedHigh = 0
    this.#severityNumber = this.#severityTextStart = this.#severityTextEnd = 0
    this.#bodyStart = this.#bodyEnd = this.#droppedAttributesCount = this.#flags = 0
    this.#traceIdStart = this.#traceIdEnd = this.#spanIdStart = this.#spanIdEnd = 0
    this.#eventNameStart = this.#eventNameEnd = 0
  }

  #readField(reader: ProtobufReader, tag: number): void {
    switch (tag) {
      case 0x09:
        reader.fixed64()
        this.#timeLow = reader.low
        this.#timeHigh = reader.high
        return
      case 0x10:
        this.#severityNumber = reader.int32()
        return
      case 0x1a:
        this.#severityTextEnd = reader.rangeEnd()
        this.#severityTextStart = reader.position
        reader.position = this.#severityTextEnd
        return
      case 0x2a:
        this.#bodyEnd = reader.rangeEnd()
        this.#bodyStart = reader.position
        reader.position = this.#bodyEnd
        return
      case 0x32:
        readKeyValue(reader, this.rows.attributes, this.#judge)
        return
      case 0x38:
        this.#droppedAttributesCount = reader.uint32()
        return
      case 0x45:
        this.#flags = reader.fixed32()
        return
      case 0x4a:
        this.#traceIdEnd = reader.rangeEnd()
        this.#traceIdStart = reader.position
        reader.position = this.#traceIdEnd
        return
      case 0x52:
        this.#spanIdEnd = reader.rangeEnd()
        this.#spanIdStart = reader.position
        reader.position = this.#spanIdEnd
        return
      case 0x59:
        reader.fixed64()
        this.#observedLow = reader.low
        this.#observedHigh = reader.high
        return
      case 0x62:
        this.#eventNameEnd = reader.rangeEnd()
        this.#eventNameStart = reader.position
        reader.position = this.#eventNameEnd
        return
      default:
        reader.skip()
    }
  }

  #addBody(reader: ProtobufReader): void {
    const { rows } = this
    const most = this.#judge.limits.maxBodyBytes
    reader.position = this.#bodyStart
    reader.end = this.#bodyEnd
    const tag = findValue(reader)
    const type = typeOf(tag)
    let bytes = 0
    if (type === 's') {
      const end = reader.rangeEnd()
      bytes = end - reader.position
      if (bytes <= most) rows.body.add(reader.bytes, reader.position, end)
    } else {
      const text = readLongText(reader, tag, most)
      if (typeof text === 'number') bytes = text
      else rows.body.addText(text)
    }
    this.#judge.judgeBody(bytes)
    if (!this.#judge.isBlamed) rows.bodyType.add(type.charCodeAt(0))
  }

  #add(bytes: Uint8Array, resource: number, scope: number): void {
    const { rows } = this
    const severity = this.#severityNumber
    rows.resource.add(resource)
    rows.scope.add(scope)
    rows.timeUnixNano.addPair(this.#timeLow, this.#timeHigh)
    rows.observedUnixNano.addPair(this.#observedLow, this.#observedHigh)
    rows.severityNumber.add(severity >= 0 && severity <= maxSeverityNumber ? severity : 0)
    rows.severityText.add(bytes, this.#severityTextStart, this.#severityTextEnd)
    rows.droppedAttributesCount.add(this.#droppedAttributesCount)
    if (this.#traceIdEnd - this.#traceIdStart === 16) rows.traceId.add(bytes, this.#traceIdStart)
    else rows.traceId.addZero()
    if (this.#spanIdEnd - this.#spanIdStart === 8) rows.spanId.add(bytes, this.#spanIdStart)
    else rows.spanId.addZero()
    rows.flags.add(this.#flags)
    rows.eventName.add(bytes, this.#eventNameStart, this.#eventNameEnd)
    rows.attributes.endRow()
  }
}
