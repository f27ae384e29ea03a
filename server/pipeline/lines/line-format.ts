import type { Line } from './line.ts'
import type { LineFields } from './line-fields.ts'

/** A line as it is met in practice and what is found in it; tested, and shown in docs/log-lines.md. */
export interface LineExample {
  readonly line: string
  /** OTLP severity number, 0 where the line has none. */
  readonly severity?: number
  /** RFC 3339 in UTC, where the line has a time. */
  readonly time?: string
  /** 32 hexadecimal digits. */
  readonly traceId?: string
  /** 16 hexadecimal digits. */
  readonly spanId?: string
  /** Attributes found, in text form, in order of the line. */
  readonly attributes?: Readonly<Record<string, string>>
}

/**
 * A form that log lines have. One file in `formats/`, one line in `registry.ts`.
 *
 * Names of attributes follow the OpenTelemetry semantic conventions where those have a name.
 */
export interface LineFormat {
  /** Public name, snake_case. */
  readonly name: string
  /** What writes such lines, for people. */
  readonly title: string
  /**
   * How much a line says for this format when it reads as such, 1 to 100: strict forms have much, loose ones little.
   * Of several formats that read a line the surest is taken, and of equal ones the first of the registry.
   */
  readonly certainty: number
  readonly examples: readonly LineExample[]
  /**
   * Reads a line, from its start, into `fields`; false where the line has another form (what was put into `fields`
   * is then taken back by the caller). Never throws; one pass; no allocation for lines as in the examples.
   */
  parse(line: Line, fields: LineFields): boolean
}
