import { z } from 'zod'
import type { TenantId } from '../../model/tenant.ts'
import type { LineRecord } from '../record/line-record.ts'
import type { LogMetric, LogMetricSpec } from '../record/log-metric.ts'

/** What stages are told of the platform when they are made. */
export interface StageContext {
  /** A tenant by its name, asked for each line that goes there; null where there is none. */
  tenant(name: string): TenantId | null
  /** Days that a retention class of the configuration keeps; null where there is none of that name. */
  retentionDays(name: string): number | null
  readonly retentionClasses: readonly string[]
  /** The tenant's metric of this name. Throws: StageFault where there are too many or one of another kind. */
  metric(spec: LogMetricSpec): LogMetric
}

/**
 * Works on one line. The answer: why it failed, in words, or null. A stage that fails leaves the line as it was as far
 * as it can; the line is marked and goes on. Must not throw.
 */
export type RunStage = (record: LineRecord) => string | null

/** A line as an example shows it. */
export interface ExampleLine {
  readonly body: string
  readonly severity?: string
  readonly attributes?: Readonly<Record<string, string>>
}

/** What a stage does to a line; each is a test and stands in the documentation. */
export interface StageExample {
  readonly settings: Readonly<Record<string, unknown>>
  readonly before: ExampleLine
  /** The line afterwards, or what became of it. */
  readonly after: ExampleLine | 'dropped' | 'sampled' | 'left'
}

/** One kind of stage: the form, the documentation, the API's schema and the errors are derived from it. */
export interface Stage<T extends z.ZodRawShape = z.ZodRawShape> {
  /** As people write it after `type:`. */
  readonly name: string
  /** One sentence: what it does, and when it fails. */
  readonly summary: string
  readonly schema: z.ZodObject<T, z.core.$strict>
  readonly examples: readonly StageExample[]
  /** Throws: StageFault where the settings cannot be used, with the path within them. */
  compile(settings: z.output<z.ZodObject<T, z.core.$strict>>, context: StageContext): RunStage
}

/** Makes a stage of its description; the settings' type follows from their schema. */
export function defineStage<T extends z.ZodRawShape>(
  stage: Omit<Stage<T>, 'schema'> & { readonly settings: T },
): Stage<T> {
  const { settings, ...rest } = stage
  return { ...rest, schema: z.strictObject(settings) }
}
