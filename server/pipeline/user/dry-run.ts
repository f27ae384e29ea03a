import { AttributesBuilder } from '../../model/attributes-builder.ts'
import type { LogBatch } from '../../model/batch.ts'
import { BytesBuilder, DictionaryBuilder } from '../../model/column-builders.ts'
import type { DryRun, ShownLine, TrialLine, TrialOutcome } from '../../model/setup/log-pipelines.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { LineRecord } from '../record/line-record.ts'
import { BatchObservations } from '../record/observations.ts'
import { recordField } from '../record/record-field.ts'
import { type CompiledPipeline, failureKey } from './compiled-pipeline.ts'
import { runPipelines } from './run-pipelines.ts'

/** Runs a pipeline over lines and stores nothing. Cost: the stages', and `dryRunMeasureMs` to measure them. */
export function dryRun(
  pipeline: CompiledPipeline,
  lines: readonly TrialLine[],
  { nowMs, measureMs = pipelineBounds.dryRunMeasureMs }: { nowMs: number; measureMs?: number },
): DryRun {
  const outcomes = outcomesOf(pipeline, batchOfLines(lines, nowMs), nowMs)
  const { counts } = pipeline
  const trial: Trial = { pipeline, lines, nowMs, measureMs }
  const nanos = stageNanos(trial)
  return {
    lines: outcomes,
    stages: counts.map((stage, i) => ({ ...stage, nanosPerLine: nanos[i] })),
    nanosPerLine: wholeNanos(trial),
  }
}

function outcomesOf(pipeline: CompiledPipeline, batch: LogBatch, nowMs: number): readonly TrialOutcome[] {
  const record = new LineRecord()
  record.open(batch, nowMs)
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const observations = new BatchObservations()
    record.observations = observations
    record.begin(row)
    const before = shown(record)
    pipeline.run(record)
    const counted: TrialOutcome['observations'][number][] = []
    observations.forEach((metric, series, value) => {
      counted.push({ metric: metric.spec.name, labels: Object.fromEntries(series.labels), value })
    })
    return {
      before,
      after: shown(record),
      fate: record.verdict === 'dropped' || record.verdict === 'sampled' ? record.verdict : 'kept',
      failure: record.text({ kind: 'attribute', key: failureKey }) ?? '',
      ...{ tenant: record.tenant, retentionDays: record.retentionDays, observations: counted },
    }
  })
}

function shown(record: LineRecord): ShownLine {
  const { attributes } = record
  const text = (name: string): string => record.text(recordField(name)) ?? ''
  return {
    ...{ body: record.body, severity: text('severity'), time: text('time') },
    ...{ traceId: text('trace_id'), spanId: text('span_id') },
    attributes: Object.fromEntries(
      Array.from({ length: attributes.count }, (_, i) => [attributes.keyAt(i), attributes.textAt(i)]),
    ),
  }
}

/** What is measured, and for how long. */
interface Trial {
  readonly pipeline: CompiledPipeline
  readonly lines: readonly TrialLine[]
  readonly nowMs: number
  readonly measureMs: number
}

/** Nanoseconds of each stage per line, over as many rounds as fit into half of the time to measure. */
function stageNanos(trial: Trial): readonly number[] {
  const { pipeline, lines, nowMs } = trial
  const sums = new Float64Array(pipeline.stageCount)
  const record = new LineRecord()
  const rounds = repeat(trial, (batch) => {
    record.open(batch, nowMs)
    for (let row = 0; row < batch.rowCount; row++) {
      record.begin(row)
      let at = performance.now()
      for (let stage = 0; stage < sums.length && record.verdict === 'stays'; stage++) {
        pipeline.runStage(record, stage)
        const now = performance.now()
        sums[stage] += now - at
        at = now
      }
    }
  })
  return Array.from(sums, (ms) => Math.round((ms * 1e6) / Math.max(1, rounds * lines.length)))
}

function wholeNanos(trial: Trial): number {
  const { pipeline, lines, nowMs } = trial
  let ms = 0
  const rounds = repeat(trial, (batch) => {
    const at = performance.now()
    runPipelines(batch, { pipelines: [pipeline], nowMs })
    ms += performance.now() - at
  })
  return Math.round((ms * 1e6) / Math.max(1, rounds * lines.length))
}

/** Does the work with fresh batches until half of the time to measure is over; how often it did. */
function repeat({ lines, nowMs, measureMs }: Trial, work: (batch: LogBatch) => void): number {
  if (lines.length === 0) return 0
  const until = performance.now() + measureMs / 2
  let rounds = 0
  do {
    work(batchOfLines(lines, nowMs))
    rounds += 1
  } while (performance.now() < until)
  return rounds
}

const blankScope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }

/** A batch of the lines, as the pipeline has it before a user's stages. */
export function batchOfLines(lines: readonly TrialLine[], nowMs: number): LogBatch {
  const body = new BytesBuilder()
  const attributes = new AttributesBuilder()
  const severityText = new DictionaryBuilder()
  const eventName = new DictionaryBuilder()
  const nowNs = BigInt(Math.trunc(nowMs)) * 1_000_000n
  for (const line of lines) {
    body.addText(line.body)
    severityText.addEmpty()
    eventName.addEmpty()
    for (const [key, value] of Object.entries(line.attributes ?? {})) {
      attributes.keyText(key)
      attributes.text('s', value)
    }
    attributes.endRow()
  }
  const rows = lines.length
  const batch: LogBatch = {
    ...{ signal: 'logs', tenant: defaultTenant, receiver: 'dry_run', rowCount: rows },
    ...{ decodeRejections: [], receivedBytes: 0 },
    resources: lines.map(({ resource }) => ({
      attributes: Object.entries(resource ?? {}).map(([key, value]) => ({ key, value, type: 's' })),
      ...{ droppedAttributesCount: 0, schemaUrl: '' },
    })),
    resource: Uint32Array.from(lines, (_, i) => i),
    ...{ scopes: [blankScope], scope: new Uint32Array(rows) },
    timeUnixNano: new Uint32Array(BigUint64Array.from(lines, ({ timeNs }) => timeNs ?? nowNs).buffer),
    observedUnixNano: new Uint32Array(BigUint64Array.from(lines, () => nowNs).buffer),
    ...{ severityNumber: new Uint8Array(rows), severityText: severityText.finish(), body: body.finish() },
    bodyType: new Uint8Array(rows).fill(0x73),
    ...{ attributes: attributes.finish(), droppedAttributesCount: new Uint32Array(rows) },
    ...{ traceId: new Uint8Array(16 * rows), spanId: new Uint8Array(8 * rows), flags: new Uint32Array(rows) },
    eventName: eventName.finish(),
  }
  return withGivenFields(batch, lines, nowMs)
}

/** Severities and ids as a stage would set them; what cannot be read is left out. */
function withGivenFields(batch: LogBatch, lines: readonly TrialLine[], nowMs: number): LogBatch {
  const record = new LineRecord()
  record.open(batch, nowMs)
  const texts = new DictionaryBuilder()
  for (const [row, { severity, traceId, spanId }] of lines.entries()) {
    record.begin(row)
    if (severity !== undefined) record.set({ kind: 'severity' }, severity)
    if (traceId !== undefined) record.set({ kind: 'trace_id' }, traceId)
    if (spanId !== undefined) record.set({ kind: 'span_id' }, spanId)
    texts.addText(record.newSeverityText ?? '')
  }
  return { ...batch, severityText: texts.finish() }
}
