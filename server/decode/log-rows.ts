import { AttributesBuilder } from '../model/attributes-builder.ts'
import type { LogBatch } from '../model/batch.ts'
import {
  BytesBuilder,
  DictionaryBuilder,
  FixedBytesBuilder,
  Uint8Builder,
  Uint32Builder,
} from '../model/column-builders.ts'
import { freshMemory } from '../model/memory.ts'
import type { InstrumentationScope, Resource } from '../model/resource.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'

/** Rows to make room for; at some 256 bytes a row. A guess too low costs copying, one too high only address space. */
export function expectedRows(requestBytes: number): number {
  return 8 + (requestBytes >> 8)
}

/** Attributes to make room for: an entry per 32 bytes, of which a third is value. */
export function expectedAttributes(requestBytes: number) {
  return {
    expectedRows: expectedRows(requestBytes),
    expectedEntries: 32 + (requestBytes >> 5),
    expectedBytes: 256 + (requestBytes >> 2),
  }
}

/** Columns of a LogBatch while they grow. A row is one call on each; `attributes` last. */
export class LogRows {
  readonly resource: Uint32Builder
  readonly scope: Uint32Builder
  readonly timeUnixNano: Uint32Builder
  readonly observedUnixNano: Uint32Builder
  readonly severityNumber: Uint8Builder
  readonly severityText: DictionaryBuilder
  readonly body: BytesBuilder
  readonly bodyType: Uint8Builder
  readonly attributes: AttributesBuilder
  readonly droppedAttributesCount: Uint32Builder
  readonly traceId: FixedBytesBuilder
  readonly spanId: FixedBytesBuilder
  readonly flags: Uint32Builder
  readonly eventName: DictionaryBuilder

  /** `requestBytes`: of the request, decompressed; the room to begin with is guessed from it. */
  constructor(requestBytes: number, memory = freshMemory) {
    const rows = expectedRows(requestBytes)
    this.resource = new Uint32Builder(rows, memory)
    this.scope = new Uint32Builder(rows, memory)
    this.timeUnixNano = new Uint32Builder(rows * 2, memory)
    this.observedUnixNano = new Uint32Builder(rows * 2, memory)
    this.severityNumber = new Uint8Builder(rows, memory)
    this.severityText = new DictionaryBuilder(rows, memory)
    this.body = new BytesBuilder(requestBytes >> 1, rows, memory)
    this.bodyType = new Uint8Builder(rows, memory)
    this.attributes = new AttributesBuilder({ ...expectedAttributes(requestBytes), memory })
    this.droppedAttributesCount = new Uint32Builder(rows, memory)
    this.traceId = new FixedBytesBuilder(16, rows, memory)
    this.spanId = new FixedBytesBuilder(8, rows, memory)
    this.flags = new Uint32Builder(rows, memory)
    this.eventName = new DictionaryBuilder(rows, memory)
  }

  finish(context: DecodeContext, judge: RowJudge, origins: Origins): LogBatch {
    return {
      signal: 'logs',
      tenant: context.tenant,
      receiver: context.receiver,
      rowCount: this.resource.count,
      decodeRejections: judge.finish(),
      receivedBytes: context.receivedBytes,
      resources: origins.resources,
      resource: this.resource.finish(),
      scopes: origins.scopes,
      scope: this.scope.finish(),
      timeUnixNano: this.timeUnixNano.finish(),
      observedUnixNano: this.observedUnixNano.finish(),
      severityNumber: this.severityNumber.finish(),
      severityText: this.severityText.finish(),
      body: this.body.finish(),
      bodyType: this.bodyType.finish(),
      attributes: this.attributes.finish(),
      droppedAttributesCount: this.droppedAttributesCount.finish(),
      traceId: this.traceId.finish(),
      spanId: this.spanId.finish(),
      flags: this.flags.finish(),
      eventName: this.eventName.finish(),
    }
  }
}

/** Resources and scopes that rows point into. */
export interface Origins {
  readonly resources: readonly Resource[]
  readonly scopes: readonly InstrumentationScope[]
}
