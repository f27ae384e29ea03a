import type { Batch } from '../model/batch.ts'
import type { IngestLimits } from './limits.ts'
import type { Tally } from './tally.ts'

/**
 * Leaves out rows whose time lies outside what the tenant may send: logs by their time, spans by their start,
 * samples and histograms by their timestamp. Rows of a MetricBatch: samples first, then histograms.
 * Cost: one comparison per row, no allocation where all are good.
 */
export function judgeTimes(
  batch: Batch,
  limits: IngestLimits,
  { nowMs, tally }: { nowMs: number; tally: Tally },
): void {
  const oldestMs = nowMs - limits.maxAgeMs
  const newestMs = nowMs + limits.maxAheadMs
  const reject = (row: number, ms: number, where: string): void => {
    if (ms > newestMs) tally.reject(row, 'too_new', () => tooNew(where, ms, limits.maxAheadMs))
    else tally.reject(row, 'too_old', () => tooOld(where, ms, limits.maxAgeMs))
  }
  if (batch.signal === 'metrics') {
    const { sampleCount, timestampMs, histograms } = batch
    for (let i = 0; i < sampleCount; i++) {
      const ms = timestampMs[i]
      if (!(ms >= oldestMs && ms <= newestMs)) reject(i, ms, `samples[${i}]`)
    }
    histograms.forEach(({ timestampMs: ms }, i) => {
      if (!(ms >= oldestMs && ms <= newestMs)) reject(sampleCount + i, ms, `histograms[${i}]`)
    })
    return
  }
  const pairs = batch.signal === 'logs' ? batch.timeUnixNano : batch.startUnixNano
  const what = batch.signal === 'logs' ? 'logs' : 'spans'
  for (let i = 0; i < batch.rowCount; i++) {
    // A double is exact to a fraction of a microsecond here: enough to compare with limits of minutes and days.
    const ms = (pairs[2 * i + 1] * 4_294_967_296 + pairs[2 * i]) / 1e6
    if (ms < oldestMs || ms > newestMs) reject(i, ms, `${what}[${i}]`)
  }
}

function tooOld(where: string, ms: number, maxAgeMs: number): string {
  return `${where}: time ${timeInWords(ms)} is before the ${durationInWords(maxAgeMs)} that are kept`
}

function tooNew(where: string, ms: number, maxAheadMs: number): string {
  return `${where}: time ${timeInWords(ms)} is more than ${durationInWords(maxAheadMs)} in the future; is the sender's clock right?`
}

/** Largest time that a Date can hold, ms on either side of 1970. */
const maxDateMs = 8.64e15

function timeInWords(ms: number): string {
  return Math.abs(ms) <= maxDateMs ? new Date(ms).toISOString() : `${ms} ms since 1970`
}

const units: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
  [1000, 'seconds'],
]

function durationInWords(ms: number): string {
  const [size, name] = units.find(([size]) => ms >= size) ?? [1, 'ms']
  return `${Number((ms / size).toFixed(1))} ${name}`
}
