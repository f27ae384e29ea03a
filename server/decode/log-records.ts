import { Buffer } from 'node:buffer'
import type { LogBatch } from '../model/batch.ts'
import type { Uint32Builder } from '../model/column-builders.ts'
import type { Attribute } from '../model/columns.ts'
import { type DecodeContext, RowJudge } from './decode-context.ts'
import type { LogLine } from './log-line-fields.ts'
import { LogRows } from './log-rows.ts'
import { RecordOrigins } from './record-origins.ts'

/** Where a body stands that is kept byte for byte. */
export interface BodyRange {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** A record without anything; to be spread over. */
export const emptyLine: LogLine = {
  time: 0n,
  observed: 0n,
  severityNumber: 0,
  severityText: '',
  body: null,
  traceId: null,
  spanId: null,
  flags: 0,
  logger: '',
  eventName: '',
  resource: [],
  attributes: [],
}

/**
 * Builds a LogBatch from records whose fields are sorted out one by one (lines, syslog, Fluent): judges each against
 * the limits and keeps every distinct resource and scope once. A record beyond a limit is rejected alone.
 * Throws: DecodeError where there are too many records (`decode-context.ts`).
 */
export class LogRecords {
  readonly judge: RowJudge
  readonly #context: DecodeContext
  /** For decoders that write records into the columns themselves. */
  readonly rows: LogRows
  readonly origins = new RecordOrigins()

  /** `requestBytes`: of all records, decompressed; the room to begin with is guessed from it. */
  constructor(context: DecodeContext, requestBytes: number) {
    this.#context = context
    this.judge = new RowJudge(context)
    this.rows = new LogRows(requestBytes, context.memory)
  }

  /** Adds a record. `raw` is its body where `line.body` is null. `path` names it in a rejection; called for those only. */
  add(line: LogLine, raw: BodyRange, path: () => string): void {
    this.judge.begin()
    this.#judgeLine(line, raw)
    if (this.judge.isBlamed) this.judge.reject(path())
    else this.#addRow(line, raw)
  }

  /** Rejects a record that could not be read. Throws: what is no DecodeError, and where there are too many of them. */
  reject(error: unknown, path: () => string): void {
    this.judge.begin()
    this.judge.blameError(error)
    this.judge.reject(path())
  }

  finish(): LogBatch {
    return this.rows.finish(this.#context, this.judge, this.origins)
  }

  #judgeLine(line: LogLine, { start, end }: BodyRange): void {
    const { judge } = this
    judge.judgeBody(line.body === null ? end - start : Buffer.byteLength(line.body.value))
    this.#judgeAttributes(line.attributes, 0)
    this.#judgeAttributes(line.resource, line.attributes.length)
    judge.judgeString('a field', line.severityText)
    judge.judgeString('a field', line.logger)
    judge.judgeString('a field', line.eventName)
  }

  #judgeAttributes(attributes: readonly Attribute[], before: number): void {
    let entries = before
    for (const { key, value } of attributes) if (!this.judge.judgeAttributeText(entries++, key, value)) return
  }

  #addRow(line: LogLine, raw: BodyRange): void {
    const rows = this.rows
    if (line.body === null) rows.body.add(raw.bytes, raw.start, raw.end)
    else rows.body.addText(line.body.value)
    rows.bodyType.add((line.body?.type ?? 's').charCodeAt(0))
    rows.resource.add(this.origins.resourceOf(line.resource))
    rows.scope.add(this.origins.scopeOf(line.logger, ''))
    addNanos(rows.timeUnixNano, line.time)
    addNanos(rows.observedUnixNano, line.observed)
    rows.severityNumber.add(line.severityNumber)
    rows.severityText.addText(line.severityText)
    for (const { key, type, value } of line.attributes) {
      rows.attributes.keyText(key)
      rows.attributes.text(type, value)
    }
    rows.droppedAttributesCount.add(0)
    if (line.traceId === null) rows.traceId.addZero()
    else rows.traceId.add(line.traceId, 0)
    if (line.spanId === null) rows.spanId.addZero()
    else rows.spanId.add(line.spanId, 0)
    rows.flags.add(line.flags)
    rows.eventName.addText(line.eventName)
    rows.attributes.endRow()
  }
}

function addNanos(column: Uint32Builder, nanos: bigint): void {
  if (nanos === 0n) column.addPair(0, 0)
  else column.addPair(Number(BigInt.asUintN(32, nanos)), Number(nanos >> 32n))
}
