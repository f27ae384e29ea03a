/** Names of OTLP's SpanKind 0-5 and StatusCode 0-2, in their order. */
export const spanKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
export const spanStatuses = ['unset', 'ok', 'error'] as const
export type SpanKind = (typeof spanKinds)[number]
export type SpanStatus = (typeof spanStatuses)[number]

/** Attributes by key, values as text. */
export type AttributeTexts = Readonly<Record<string, string>>

export interface SpanEventRow {
  readonly timeNs: bigint
  readonly name: string
  readonly attributes: AttributeTexts
}

export interface SpanLinkRow {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: AttributeTexts
}

/** One stored span. Ids in lower-case hex; `parentSpanId` is '' for a root. */
export interface SpanRow {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly statusMessage: string
  readonly startNs: bigint
  readonly durationNs: number
  readonly attributes: AttributeTexts
  readonly resource: AttributeTexts
  readonly events: readonly SpanEventRow[]
  readonly links: readonly SpanLinkRow[]
}
