import type { Attribute } from './columns.ts'

/** What produced telemetry (OTLP Resource), with the schema URL of its block. */
export interface Resource {
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

/** The library that produced telemetry (OTLP InstrumentationScope), with the schema URL of its block. */
export interface InstrumentationScope {
  readonly name: string
  readonly version: string
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

/** `service.name`, or '' where the resource has none. OTLP's fallback `unknown_service` is applied by the pipeline. */
export function attributeOf(resource: Resource, key: string): string {
  for (const attribute of resource.attributes) if (attribute.key === key) return attribute.value
  return ''
}
