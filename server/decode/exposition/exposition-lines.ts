import type { Buffer } from 'node:buffer'
import type { MetricType } from '../../model/metric.ts'

/** A sample line, in fields that the next line overwrites. Positions are offsets in the exposition. */
export interface SampleLine {
  /** Metric name and labels as they stand in the line. */
  readonly seriesStart: number
  readonly seriesEnd: number
  readonly value: number
  /** In the exposition's own unit (text: ms, OpenMetrics: s); NaN where the line has none. */
  readonly timestamp: number
  readonly timestampMs: number
  /** Braces of the exemplar; both 0 where the line has none. */
  readonly exemplarStart: number
  readonly exemplarEnd: number
  readonly exemplarValue: number
  /** NaN where the exemplar has none. */
  readonly exemplarTimestampMs: number
}

/** A metadata line: `# HELP name text`. */
export interface MetadataLine {
  readonly kind: 'HELP' | 'TYPE' | 'UNIT'
  readonly name: string
  /** Unescaped for HELP. */
  readonly text: string
}

/** Takes the lines of an exposition in their order. What it throws ends the reading. */
export interface ExpositionVisitor {
  /**
   * A metadata line spans `bytes[start .. end)`. True: it is known already and need not be read; never for TYPE, on
   * which the reading of later lines depends.
   */
  knowsMetadata(start: number, end: number): boolean
  metadata(line: MetadataLine): void
  /**
   * End of the series part that begins at `start`, where it is the one that usually follows the one before; else -1. A
   * quick way past the search for its end.
   */
  guessSeriesEnd(start: number): number
  sample(line: SampleLine): void
}

/** Reads a whole exposition. Throws: DecodeError with the byte offset; nothing that was visited before may be used. */
export type ExpositionReader = (bytes: Buffer, visitor: ExpositionVisitor) => void

/** The fields of SampleLine, writable. */
export class CurrentSample implements SampleLine {
  seriesStart = 0
  seriesEnd = 0
  value = 0
  timestamp = Number.NaN
  timestampMs = Number.NaN
  exemplarStart = 0
  exemplarEnd = 0
  exemplarValue = 0
  exemplarTimestampMs = Number.NaN
}

const types: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['gaugehistogram', 'gaugehistogram'],
  ['summary', 'summary'],
  ['info', 'info'],
  ['stateset', 'stateset'],
  ['unknown', 'unknown'],
  ['untyped', 'unknown'],
])

/** Type that a TYPE line names, in either exposition; undefined for none. */
export function typeNamed(text: string): MetricType | undefined {
  return types.get(text)
}
