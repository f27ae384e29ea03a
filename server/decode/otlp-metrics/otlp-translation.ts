import { Buffer } from 'node:buffer'
import type { MetricType } from '../../model/metric.ts'
import {
  defaultTranslationStrategy,
  prometheusLabelName,
  prometheusMetricName,
  prometheusUnit,
  type TranslationStrategy,
} from '../../model/prometheus-names.ts'
import { defaultPromotedAttributes } from '../../model/promoted-attributes.ts'
import { ByteIndex } from '../../model/series/byte-index.ts'
import type { TenantId } from '../../model/tenant.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { type AttributeText, readAttributeTexts } from './attribute-texts.ts'

/** How OTLP metrics become Prometheus series. */
export interface OtlpTranslationOptions {
  readonly strategy: TranslationStrategy
  /**
   * Resource attributes that become labels of every series. The others are labels of `target_info` only. The default
   * is what tells apart where a service runs; each further one is in every series and changes its identity.
   */
  readonly promoteResourceAttributes: readonly string[]
  /**
   * Labels `otel_scope_name`, `otel_scope_version`, `otel_scope_schema_url` and the scope's attributes as
   * `otel_scope_…`. On by default, as the OpenTelemetry specification asks: two libraries may give metrics the same
   * name. (Prometheus 3 has the same behind `promote_scope_metadata`, off by default.)
   */
  readonly promoteScope: boolean
  /**
   * Start times of sums, histograms and summaries as gauges `_created` in seconds, as OpenMetrics has them: one more
   * series for each counter. Off by default.
   */
  readonly startTimes: boolean
  /** Explicit histograms as native ones with custom bounds instead of `_bucket`, `_sum` and `_count`. */
  readonly nativeCustomBuckets: boolean
}

const defaultOtlpTranslationOptions: OtlpTranslationOptions = {
  strategy: defaultTranslationStrategy,
  promoteResourceAttributes: defaultPromotedAttributes,
  promoteScope: true,
  startTimes: false,
  nativeCustomBuckets: false,
}

/** Bytes of resources, scopes and metric names kept; beyond it all are forgotten and read anew. */
const maxCacheBytes = 64 << 20

/** Attribute keys whose labels are kept; beyond it all are forgotten. */
const maxLabelNames = 10_000

/** Resource attributes that are in `job` and `instance` already. */
const identifying: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id'])

/** A resource as its series need it. */
export interface ResourceLabels {
  /** Never given to other bytes, in this process. */
  readonly id: number
  readonly promoted: readonly (readonly [name: string, value: string])[]
  readonly job: string | null
  readonly instance: string | null
  /** Labels of `target_info`, which exists where the resource has attributes besides job and instance. */
  readonly targetInfo: [string, string][] | null
}

/** A scope as its series need it. */
export interface ScopeLabels {
  readonly id: number
  readonly labels: readonly (readonly [name: string, value: string])[]
}

/** A metric as its series need it. */
export interface MetricNames {
  readonly id: number
  /** Name of the family; null where nothing usable is left of the name. */
  readonly family: string | null
  readonly type: MetricType
  readonly unit: string
  /** By tenant: the description that was handed on last, and at which time of the data, ms. */
  readonly announced: Map<TenantId, { readonly description: Buffer; readonly timestampMs: number }>
}

/** Kinds of OTLP metrics, as numbers that are part of keys. */
export const metricKind = { gauge: 1, counter: 2, sum: 3, histogram: 4, exponentialHistogram: 5, summary: 6 } as const
export type MetricKind = (typeof metricKind)[keyof typeof metricKind]

const types: Readonly<Record<MetricKind, MetricType>> = {
  [metricKind.gauge]: 'gauge',
  [metricKind.counter]: 'counter',
  [metricKind.sum]: 'gauge',
  [metricKind.histogram]: 'histogram',
  [metricKind.exponentialHistogram]: 'histogram',
  [metricKind.summary]: 'summary',
}

let lastId = 0

/**
 * Translates resources, scopes and metric names, each distinct one once: they are known again by their bytes, so that
 * requests that repeat them cost no text. One per process and set of options; it may serve all tenants.
 * Source: Prometheus 3 storage/remote/otlptranslator/prometheusremotewrite.
 */
export class OtlpTranslation {
  readonly options: OtlpTranslationOptions
  #resources = new ByteCache<ResourceLabels>()
  #scopes = new ByteCache<ScopeLabels>()
  #metrics = new ByteCache<MetricNames>()
  #key: Buffer = Buffer.allocUnsafeSlow(512)
  readonly #labelNames = new Map<string, string | null>()

  constructor(options: Partial<OtlpTranslationOptions> = {}) {
    this.options = { ...defaultOtlpTranslationOptions, ...options }
  }

  /** To be called between requests: keeps the cache within its bound. */
  trim(): void {
    const bytes = this.#resources.memoryBytes + this.#scopes.memoryBytes + this.#metrics.memoryBytes
    if (bytes <= maxCacheBytes) return
    this.#resources = new ByteCache()
    this.#scopes = new ByteCache()
    this.#metrics = new ByteCache()
  }

  /** Label for an attribute key; null where nothing usable is left of it. */
  labelName(key: string): string | null {
    let name = this.#labelNames.get(key)
    if (name === undefined) {
      name = prometheusLabelName(key, this.options.strategy)
      if (this.#labelNames.size >= maxLabelNames) this.#labelNames.clear()
      this.#labelNames.set(key, name)
    }
    return name
  }

  /**
   * Attributes as labels. Keys that become the same label have their values joined by `;`, in the order of the keys.
   * null: nothing usable is left of a key.
   */
  labelsOf(attributes: Iterable<AttributeText>): Map<string, string> | null {
    const labels = new Map<string, string>()
    for (const [key, value] of sortedByKey(attributes)) {
      const name = this.labelName(key)
      if (name === null) return null
      const before = labels.get(name)
      labels.set(name, before === undefined ? value : `${before};${value}`)
    }
    return labels
  }

  /** Of the Resource message `bytes[start .. end)`. Throws: DecodeError. */
  resource(bytes: Buffer, start: number, end: number): ResourceLabels {
    return this.#resources.get(bytes, start, end, () => this.#translateResource(new ProtobufReader(bytes, start, end)))
  }

  /** Of an InstrumentationScope message and the schema URL of its block. Throws: DecodeError. */
  scope(scope: Buffer, schemaUrl: Buffer): ScopeLabels {
    const length = this.#compose(0, scope, schemaUrl)
    return this.#scopes.get(this.#key, 0, length, () => this.#translateScope(scope, schemaUrl.toString('utf8')))
  }

  metric(kind: MetricKind, name: Buffer, unit: Buffer): MetricNames {
    const length = this.#compose(kind, name, unit)
    return this.#metrics.get(this.#key, 0, length, () => {
      const namedType = kind === metricKind.counter ? 'counter' : kind === metricKind.gauge ? 'gauge' : 'other'
      const unitText = unit.toString('utf8')
      return {
        id: ++lastId,
        family: prometheusMetricName(name.toString('utf8'), { unit: unitText, type: namedType }, this.options.strategy),
        type: types[kind],
        unit: this.options.strategy === 'NoTranslation' ? unitText : prometheusUnit(unitText),
        announced: new Map(),
      }
    })
  }

  /** A number, the length of the first piece, and both pieces, into `#key`; the answer is the length. */
  #compose(first: number, a: Buffer, b: Buffer): number {
    const length = 5 + a.length + b.length
    if (length > this.#key.length) this.#key = Buffer.allocUnsafeSlow(length * 2)
    this.#key[0] = first
    this.#key.writeUInt32LE(a.length, 1)
    a.copy(this.#key, 5)
    b.copy(this.#key, 5 + a.length)
    return length
  }

  #translateResource(reader: ProtobufReader): ResourceLabels {
    const attributes = new Map(readAttributeTexts(reader, 1))
    const job = jobOf(attributes)
    const instance = attributes.get('service.instance.id') ?? null
    const promoted: [string, string][] = []
    for (const [key, value] of sortedByKey(attributes)) {
      const name = this.labelName(key)
      if (name !== null && this.options.promoteResourceAttributes.includes(key)) promoted.push([name, value])
    }
    return { id: ++lastId, promoted, job, instance, targetInfo: this.#targetInfo(attributes, job, instance) }
  }

  #targetInfo(
    attributes: ReadonlyMap<string, string>,
    job: string | null,
    instance: string | null,
  ): [string, string][] | null {
    const rest = sortedByKey(attributes).filter(([key]) => !identifying.has(key))
    if (rest.length === 0 || (job === null && instance === null)) return null
    const labels = this.labelsOf(rest)
    if (labels === null) return null
    if (job !== null) labels.set('job', job)
    if (instance !== null) labels.set('instance', instance)
    labels.set('__name__', 'target_info')
    return [...labels]
  }

  /** InstrumentationScope: 1 = name, 2 = version, 3 = attributes. */
  #translateScope(scope: Buffer, schemaUrl: string): ScopeLabels {
    const id = ++lastId
    let name = ''
    let version = ''
    const reader = new ProtobufReader(scope)
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          name = reader.text()
          break
        case 0x12:
          version = reader.text()
          break
        default:
          reader.skip()
      }
    if (!this.options.promoteScope || name === '') return { id, labels: [] }
    const labels = new Map([
      ['otel_scope_name', name],
      ['otel_scope_version', version],
      ['otel_scope_schema_url', schemaUrl],
    ])
    for (const [key, value] of readAttributeTexts(new ProtobufReader(scope), 3)) {
      const label = this.labelName(`otel_scope_${key}`)
      if (label !== null) labels.set(label, value)
    }
    return { id, labels: [...labels] }
  }
}

function jobOf(attributes: ReadonlyMap<string, string>): string | null {
  const name = attributes.get('service.name')
  const namespace = attributes.get('service.namespace')
  if (name === undefined) return null
  return namespace === undefined ? name : `${namespace}/${name}`
}

function sortedByKey(attributes: Iterable<AttributeText>): AttributeText[] {
  return [...attributes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Things known by bytes. */
class ByteCache<T> {
  readonly #index = new ByteIndex()
  readonly #values: T[] = []
  #last = -1

  get memoryBytes(): number {
    // What hangs on an entry is text of about the length of its bytes, and a few objects.
    return this.#index.memoryBytes * 2 + this.#values.length * 500
  }

  get(bytes: Buffer, start: number, end: number, make: () => T): T {
    const known = this.#index.find(bytes, start, end, this.#last)
    if (known >= 0) {
      this.#last = known
      return this.#values[known]
    }
    const value = make()
    const entry = this.#index.add(bytes, start, end, this.#last)
    if (entry >= 0) {
      this.#values[entry] = value
      this.#last = entry
    }
    this.#index.release()
    return value
  }
}

/** The translation that receivers share unless they are configured otherwise. */
export const defaultOtlpTranslation = new OtlpTranslation()
