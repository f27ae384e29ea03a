import { AttributesBuilder } from '../model/attributes-builder.ts'
import type { LogBatch } from '../model/batch.ts'
import {
  BytesBuilder,
  DictionaryBuilder,
  FixedBytesBuilder,
  Uint8Builder,
  Uint32Builder,
} from '../model/column-builders.ts'
import type { InstrumentationScope, Resource } from '../model/resource.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'

/** Columns of a LogBatch while they grow. A row is one call on each; `attributes` last. */
export class LogRows {
  readonly resource = new Uint32Builder()
  readonly scope = new Uint32Builder()
  readonly timeUnixNano = new Uint32Builder()
  readonly observedUnixNano = new Uint32Builder()
  readonly severityNumber = new Uint8Builder()
  readonly severityText = new DictionaryBuilder()
  readonly body: BytesBuilder
  readonly bodyType = new Uint8Builder()
  readonly attributes: AttributesBuilder
  readonly droppedAttributesCount = new Uint32Builder()
  readonly traceId = new FixedBytesBuilder(16)
  readonly spanId = new FixedBytesBuilder(8)
  readonly flags = new Uint32Builder()
  readonly eventName = new DictionaryBuilder()

  /** `requestBytes`: of the request as decoded from now on; a guess at the room to begin with is made from it. */
  constructor(requestBytes: number) {
    this.body = new BytesBuilder(requestBytes >> 1)
    this.attributes = new AttributesBuilder(requestBytes >> 2)
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
