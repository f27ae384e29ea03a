import type { Batch } from '../../server/model/batch.ts'
import { logRowsOf, spanRowsOf } from '../../server/model/batch-rows-suite.ts'
import { CommitEncoder } from '../../server/store/load/encode/commit-encoder.ts'
import type { Answer } from './target.ts'

const retentionDays = 30

function batchesOf(answer: Answer): readonly Batch[] {
  if (answer === null || answer instanceof Uint8Array) return []
  return 'signal' in answer ? [answer] : answer
}

/** All that a reader of the batches sees, as text: the same for the same rows. */
export function textOf(answer: Answer): string {
  if (answer instanceof Uint8Array) return Buffer.from(answer).toString('latin1')
  return JSON.stringify(batchesOf(answer).map(contentOf), (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  })
}

function contentOf(batch: Batch): unknown {
  const { decodeRejections } = batch
  if (batch.signal === 'logs') return { rows: logRowsOf(batch), decodeRejections }
  if (batch.signal === 'traces') return { rows: spanRowsOf(batch), decodeRejections }
  const { ref, timestampMs, value, isDelta, histograms, exemplars, metadata, series } = batch
  const samples = Array.from(ref, (one, i) => [series.labels(one), timestampMs[i], value[i], isDelta?.[i]])
  return { samples, histograms, exemplars, metadata, decodeRejections }
}

/** Throws where what was decoded cannot be read row by row, or cannot be brought into the form in which it is stored. */
export class SoundnessCheck {
  readonly #encoder = new CommitEncoder(() => retentionDays)

  judge(answer: Answer, nowMs: number): void {
    const batches = batchesOf(answer)
    textOf(answer)
    for (const batch of batches) judgeCounts(batch)
    if (batches.length === 0) return
    const arrivals = batches.map((batch) => ({ batch, reject: null }))
    const { commit } = this.#encoder.encode(arrivals, nowMs)
    for (const { table, bytes } of commit.blocks)
      if (bytes.length === 0) throw new Error(`a block of ${table} is empty`)
  }
}

function judgeCounts(batch: Batch): void {
  const { rowCount, decodeRejections } = batch
  for (const { count, sample } of decodeRejections) {
    if (!(count > 0)) throw new Error(`a rejection counts ${count} rows`)
    if (sample.length > 256) throw new Error(`the sample of a rejection has ${sample.length} characters`)
  }
  if (batch.signal === 'metrics') {
    const { sampleCount, histograms, ref, timestampMs, value } = batch
    if (sampleCount + histograms.length !== rowCount) throw new Error('rows are not samples and histograms')
    if (ref.length !== sampleCount || timestampMs.length !== sampleCount || value.length !== sampleCount)
      throw new Error(`${sampleCount} samples have columns of other lengths`)
    for (const one of ref) if (one >= batch.series.size) throw new Error(`series ${one} is not in the table`)
    for (const time of timestampMs) if (!Number.isInteger(time)) throw new Error(`time of a sample is ${time}`)
    return
  }
  const { resource, scope, resources, scopes } = batch
  if (resource.length !== rowCount || scope.length !== rowCount)
    throw new Error(`origins of ${rowCount} rows are amiss`)
  for (let i = 0; i < rowCount; i++)
    if (resource[i] >= resources.length || scope[i] >= scopes.length) throw new Error(`row ${i} comes from nowhere`)
}
