import { Buffer } from 'node:buffer'
import type { MetricType } from '../../model/metric.ts'
import { DecodeError } from '../../model/sink.ts'
import { metricNameLabel } from '../metric/label-rules.ts'
import type { ExpositionVisitor, MetadataLine, SampleLine } from './exposition-lines.ts'
import { typeNamed } from './exposition-lines.ts'
import { HistogramCheck } from './open-metrics-histogram.ts'
import { readOpenMetricsText } from './open-metrics-text.ts'
import { SeriesText } from './series-text.ts'

/** Suffixes of the samples of each type. */
const suffixes: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['_total', '_created'],
  summary: ['', '_count', '_sum', '_created'],
  histogram: ['_count', '_sum', '_bucket', '_created'],
  gaugehistogram: ['_gcount', '_gsum', '_bucket'],
  info: ['_info'],
  gauge: [''],
  stateset: [''],
  unknown: [''],
}

/** Samples whose values count something. */
const countedSuffixes: ReadonlySet<string> = new Set(['_total', '_sum', '_count', '_bucket', '_gcount'])
const neverNanSuffixes: ReadonlySet<string> = new Set([...countedSuffixes, '_gsum'])
const wholeSuffixes: ReadonlySet<string> = new Set(['_count', '_gcount', '_bucket'])

/** Code points that the labels of an exemplar may have together. */
const maxExemplarCharacters = 128

/** A metric family while its lines are read. */
interface Family {
  readonly name: string
  type: MetricType | null
  unit: string | null
  hasHelp: boolean
  hasSamples: boolean
  /** Groups (metrics in the words of the specification) whose samples have ended. */
  readonly groups: Set<string>
  group: string | null
  groupTimestamp: number
  readonly histogram: HistogramCheck
}

/**
 * Judges OpenMetrics text 1.0 by the whole of its specification: the grammar, and what its lines must be together
 * (families not interleaved, timestamps ascending, histograms complete, values that their type allows).
 * Throws: DecodeError with the byte offset of the first fault.
 * Source: OpenMetrics 1.0, sections "Data Model" and "Text format".
 */
export function validateOpenMetrics(text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.length)
  const validation = new OpenMetricsValidation(bytes)
  readOpenMetricsText(bytes, validation)
  validation.endFamily()
}

class OpenMetricsValidation implements ExpositionVisitor {
  readonly #text: SeriesText
  /** All names that samples of families before may have. */
  readonly #taken = new Set<string>()
  #family: Family | null = null
  #at = 0

  constructor(bytes: Buffer) {
    this.#text = new SeriesText(bytes, true)
  }

  knowsMetadata(start: number): boolean {
    this.#at = start
    return false
  }

  guessSeriesEnd(): number {
    return -1
  }

  metadata({ kind, name, text }: MetadataLine): void {
    if (this.#family?.name !== name) this.#beginFamily(name, null)
    const family = this.#family as Family
    if (family.hasSamples) throw this.#error(`${kind} of ${name} stands behind its samples`)
    const isRepeated = kind === 'HELP' ? family.hasHelp : kind === 'TYPE' ? family.type !== null : family.unit !== null
    if (isRepeated) throw this.#error(`${name} has more than one ${kind}`)
    if (kind === 'HELP') family.hasHelp = true
    else if (kind === 'TYPE') family.type = typeNamed(text) ?? 'unknown'
    else family.unit = text
  }

  sample(line: SampleLine): void {
    this.#at = line.seriesStart
    const pairs = this.#text.series(line.seriesStart, line.seriesEnd)
    const labels = new Map(pairs)
    if (labels.size !== pairs.length) throw this.#error('a label stands twice')
    const sampleName = labels.get(metricNameLabel) ?? ''
    labels.delete(metricNameLabel)
    if (!this.#isOfFamily(sampleName)) this.#beginFamily(sampleName, 'unknown')
    const family = this.#family as Family
    family.hasSamples = true
    const suffix = sampleName.slice(family.name.length)
    this.#checkLabels(family, suffix, labels)
    this.#checkValue(family, suffix, line.value)
    this.#checkExemplar(family, suffix, line)
    this.#checkOrder(family, { suffix, labels, line })
  }

  /** Judges the family that ended as a whole. */
  endFamily(): void {
    const family = this.#family
    if (family === null) return
    const { name, unit } = family
    const type = family.type ?? 'unknown'
    for (const suffix of new Set(['', ...suffixes[type]])) {
      if (this.#taken.has(name + suffix)) throw this.#error(`name ${name}${suffix} belongs to a family before`)
      this.#taken.add(name + suffix)
    }
    if (unit !== null && unit !== '') {
      if (!name.endsWith(`_${unit}`)) throw this.#error(`name ${name} does not end in its unit ${unit}`)
      if (type === 'info' || type === 'stateset') throw this.#error(`${type} ${name} cannot have a unit`)
    }
    const fault = family.histogram.finish()
    if (fault !== null) throw this.#error(fault)
  }

  #beginFamily(name: string, type: MetricType | null): void {
    this.endFamily()
    this.#family = {
      name,
      type,
      unit: null,
      hasHelp: false,
      hasSamples: false,
      groups: new Set(),
      group: null,
      groupTimestamp: Number.NaN,
      histogram: new HistogramCheck(name),
    }
  }

  #isOfFamily(sampleName: string): boolean {
    const family = this.#family
    if (family === null || !sampleName.startsWith(family.name)) return false
    return suffixes[family.type ?? 'unknown'].includes(sampleName.slice(family.name.length))
  }

  #checkLabels({ name, type }: Family, suffix: string, labels: ReadonlyMap<string, string>): void {
    if (type === 'stateset' && !labels.has(name)) throw this.#error(`stateset ${name} needs a label ${name}`)
    if (type === 'summary' && suffix === '') {
      const quantile = numberOf(labels.get('quantile'))
      if (!(quantile >= 0 && quantile <= 1)) throw this.#error('label quantile must be from 0 to 1')
    }
    if (suffix === '_bucket' && Number.isNaN(numberOf(labels.get('le'))))
      throw this.#error('label le must be a number, or +Inf')
  }

  #checkValue({ type }: Family, suffix: string, value: number): void {
    if (type === 'stateset' && value !== 0 && value !== 1) throw this.#error('a stateset has values 0 and 1')
    if (type === 'info' && value !== 1) throw this.#error('an info has the value 1')
    if (type === 'summary' && suffix === '' && value < 0) throw this.#error('a quantile cannot be negative')
    if (neverNanSuffixes.has(suffix) && Number.isNaN(value)) throw this.#error(`${suffix} cannot be NaN`)
    if (countedSuffixes.has(suffix) && value < 0) throw this.#error(`${suffix} cannot be negative`)
    if (wholeSuffixes.has(suffix) && !Number.isInteger(value)) throw this.#error(`${suffix} must be an integer`)
  }

  #checkExemplar({ type }: Family, suffix: string, line: SampleLine): void {
    if (line.exemplarEnd === 0) return
    const isBucket = (type === 'histogram' || type === 'gaugehistogram') && suffix === '_bucket'
    if (!isBucket && !(type === 'counter' && suffix === '_total'))
      throw this.#error('only buckets and counters can have exemplars')
    const pairs = this.#text.braces(line.exemplarStart, line.exemplarEnd)
    if (new Map(pairs).size !== pairs.length) throw this.#error('a label of the exemplar stands twice')
    let characters = 0
    for (const text of pairs.flat()) characters += [...text].length
    if (characters > maxExemplarCharacters)
      throw this.#error(`labels of the exemplar have ${characters} characters, at most ${maxExemplarCharacters}`)
  }

  #checkOrder(
    family: Family,
    { suffix, labels, line }: { suffix: string; labels: Map<string, string>; line: SampleLine },
  ): void {
    const le = numberOf(labels.get('le'))
    const group = groupOf(family, suffix, labels)
    const { timestamp } = line
    if (group !== family.group) {
      if (family.groups.has(group)) throw this.#error(`samples of a metric of ${family.name} do not stand together`)
      family.groups.add(group)
    } else {
      if (Number.isNaN(timestamp) !== Number.isNaN(family.groupTimestamp))
        throw this.#error('samples of a metric must all have timestamps, or none')
      if (timestamp < family.groupTimestamp && family.type !== 'info')
        throw this.#error('timestamps of a metric go backwards')
    }
    family.group = group
    family.groupTimestamp = timestamp
    if (family.type !== 'histogram' && family.type !== 'gaugehistogram') return
    const fault = family.histogram.add(`${group}\n${timestamp}`, { suffix, le, value: line.value })
    if (fault !== null) throw this.#error(fault)
  }

  #error(message: string): DecodeError {
    return new DecodeError(message, `byte ${this.#at}`)
  }
}

/** The labels that a sample shares with the others of its metric. */
function groupOf({ name, type }: Family, suffix: string, labels: Map<string, string>): string {
  if (type === 'info') return ''
  if (type === 'summary' && suffix === '') labels.delete('quantile')
  if (type === 'stateset') labels.delete(name)
  if ((type === 'histogram' || type === 'gaugehistogram') && suffix === '_bucket') labels.delete('le')
  return JSON.stringify([...labels].sort())
}

/** A bound or quantile; NaN for none, and for an infinity that is not written as +Inf or -Inf. */
function numberOf(text: string | undefined): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  return text !== undefined && /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}
