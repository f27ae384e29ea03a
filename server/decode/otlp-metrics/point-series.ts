import type { Buffer } from 'node:buffer'
import type { SeriesTable } from '../../model/series-table.ts'
import { plainDecimal } from '../exposition/float-text.ts'
import { KeyBytes } from '../metric/key-bytes.ts'
import { metricNameLabel, normaliseLabels } from '../metric/label-rules.ts'
import {
  defaultMetricLimits,
  type Fault,
  type MetricDecodeContext,
  type MetricLimits,
} from '../metric/metric-context.ts'
import { cardinalityFault } from '../metric/series-resolver.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { readAttributeTexts } from './attribute-texts.ts'
import type { MetricNames, OtlpTranslation, ResourceLabels, ScopeLabels } from './otlp-translation.ts'
import type { PointHead } from './point-head.ts'

/** Which series of a point, as a number that is part of its key. */
export const seriesPart = {
  value: 0,
  sum: 1,
  count: 2,
  bucket: 3,
  quantile: 4,
  targetInfo: 5,
  min: 6,
  max: 7,
  created: 8,
} as const
export type SeriesPart = (typeof seriesPart)[keyof typeof seriesPart]

const suffixes: Readonly<Record<SeriesPart, string>> = [
  '',
  '_sum',
  '_count',
  '_bucket',
  '',
  '',
  '_min',
  '_max',
  '_created',
]
const boundLabels: Readonly<Partial<Record<SeriesPart, string>>> = { 3: 'le', 4: 'quantile' }

/** First byte of keys of this decoder in the series table. */
const keyForm = 0x01

/** Where the parts of a key stand: form, ids of resource, scope and metric, part, bound; then attributes as sent. */
const keyAt = { resource: 1, scope: 5, metric: 9, part: 13, bound: 14, attributes: 22 } as const

/**
 * Finds the series of data points by a key composed of the ids of resource, scope and metric, the part and the bytes of
 * the point's attributes as they were sent. Only a key that was not seen before is translated into labels.
 */
export class PointSeries {
  readonly table: SeriesTable
  readonly #limits: MetricLimits
  readonly #translation: OtlpTranslation
  readonly #key: KeyBytes
  #keyLength: number = keyAt.attributes
  #resource: ResourceLabels | null = null
  #scope: ScopeLabels | null = null
  #metric: MetricNames | null = null
  #ref = -1
  /** What is wrong with the series where `resolve` answered -1. */
  fault: Fault = cardinalityFault

  constructor(source: Buffer, context: MetricDecodeContext, translation: OtlpTranslation) {
    this.table = context.series
    this.#limits = context.limits ?? defaultMetricLimits
    this.#translation = translation
    this.#key = new KeyBytes(source)
    this.#key.bytes.fill(0, 0, keyAt.attributes)
    this.#key.bytes[0] = keyForm
  }

  setResource(resource: ResourceLabels): void {
    this.#resource = resource
    this.#key.setUint32(keyAt.resource, resource.id)
  }

  setScope(scope: ScopeLabels): void {
    this.#scope = scope
    this.#key.setUint32(keyAt.scope, scope.id)
  }

  setMetric(metric: MetricNames): void {
    this.#metric = metric
    this.#key.setUint32(keyAt.metric, metric.id)
  }

  /** Begins a point: its attributes become part of the key. `reader` is narrowed to the point. */
  setPoint(reader: ProtobufReader, head: PointHead): void {
    const key = this.#key
    if (head.isScattered) {
      const attributes = head.gather(reader)
      key.reserve(keyAt.attributes + attributes.length, keyAt.attributes)
      attributes.copy(key.bytes, keyAt.attributes)
      this.#keyLength = keyAt.attributes + attributes.length
      return
    }
    const length = head.attributesEnd - head.attributesStart
    key.reserve(keyAt.attributes + length, keyAt.attributes)
    key.copy(head.attributesStart, length, keyAt.attributes)
    this.#keyLength = keyAt.attributes + length
  }

  /** Ref of a series of the point at hand; -1 where there is a `fault`. `bound`: of a bucket or quantile, else 0. */
  resolve(part: SeriesPart, bound: number, head: PointHead): number {
    const key = this.#key
    key.bytes[keyAt.part] = part
    key.setDouble(keyAt.bound, bound)
    let ref = this.table.find(key.bytes, 0, this.#keyLength, this.#ref)
    if (ref < 0) ref = this.#addSeries(part, bound, head.attributeField)
    if (ref >= 0) this.#ref = ref
    return ref
  }

  /** Ref of the resource's `target_info`; -1 where it has none or there is a `fault`. */
  resolveTargetInfo(): number {
    const labels = this.#resource?.targetInfo ?? null
    if (labels === null) return -1
    const key = this.#key
    key.setUint32(keyAt.scope, 0)
    key.setUint32(keyAt.metric, 0)
    key.bytes[keyAt.part] = seriesPart.targetInfo
    key.setDouble(keyAt.bound, 0)
    const ref = this.table.find(key.bytes, 0, keyAt.attributes, this.#ref)
    if (ref >= 0) return ref
    this.#keyLength = keyAt.attributes
    return this.#intern(labels.map(([name, value]) => [name, value]))
  }

  #addSeries(part: SeriesPart, bound: number, attributeField: number): number {
    const metric = this.#metric as MetricNames
    if (metric.family === null) return this.#fail({ reason: 'invalid_name', message: 'nothing is left of the name' })
    const start = keyAt.attributes
    const reader = new ProtobufReader(this.#key.bytes, start, this.#keyLength)
    const labels = this.#translation.labelsOf(readAttributeTexts(reader, attributeField))
    if (labels === null) return this.#fail({ reason: 'invalid_name', message: 'nothing is left of an attribute key' })
    const resource = this.#resource as ResourceLabels
    for (const [name, value] of resource.promoted) if (!labels.has(name)) labels.set(name, value)
    for (const [name, value] of (this.#scope as ScopeLabels).labels) labels.set(name, value)
    if (resource.job !== null) labels.set('job', resource.job)
    if (resource.instance !== null) labels.set('instance', resource.instance)
    const boundLabel = boundLabels[part]
    if (boundLabel !== undefined) labels.set(boundLabel, plainDecimal(bound))
    // OpenMetrics: the counter is `x_total`, its start `x_created`.
    const stem = part === seriesPart.created ? metric.family.replace(/_total$/, '') : metric.family
    labels.set(metricNameLabel, stem + suffixes[part])
    return this.#intern([...labels])
  }

  #intern(labels: [string, string][]): number {
    const fault = normaliseLabels(labels, this.#limits)
    if (fault !== null) return this.#fail(fault)
    // Labels are written into other memory than the key, so the key is still whole.
    const ref = this.table.intern(labels)
    if (ref < 0) return this.#fail(cardinalityFault)
    this.table.remember(this.#key.bytes, 0, this.#keyLength, ref)
    return ref
  }

  #fail(fault: Fault): number {
    this.fault = fault
    return -1
  }
}
