import type { ProcessCost } from './process-cost.ts'
import type { SenderReport } from './sender.ts'

/** What one row has shown. */
export interface RowResult {
  readonly reports: readonly SenderReport[]
  readonly before: ProcessCost | null
  readonly settled: ProcessCost | null
  readonly peakRss: number
  /** Bytes that waited in the journal when the senders stopped; null where the server does not say. */
  readonly waitingBytes: number | null
  readonly visible: readonly number[]
}

/** Prints a row. The answer: CPU-s per million records, null where the CPU is not known. */
export function printRow({ reports, before, settled, peakRss, waitingBytes, visible }: RowResult): number | null {
  let total = 0
  for (const report of reports) {
    total += report.acknowledgedRecords
    console.log(
      `${report.load}: ${Math.round(report.acknowledgedRecords / report.seconds).toLocaleString('en')} records/s acknowledged` +
        `, ack p50 ${report.ackP50Ms.toFixed(0)} ms, p99 ${report.ackP99Ms.toFixed(0)} ms, max ${report.ackMaxMs.toFixed(0)} ms` +
        (report.refusedRequests > 0
          ? `, ${report.refusedRequests} requests refused: ${report.firstRefusal}`
          : ', none refused'),
    )
  }
  if (before !== null && settled !== null) {
    const cpu = settled.cpuSeconds - before.cpuSeconds
    console.log(
      `CPU until merges settled: ${cpu.toFixed(1)} s for ${total.toLocaleString('en')} records = ${((cpu / total) * 1e6).toFixed(2)} CPU-s per million`,
    )
    for (const process of settled.processes) {
      const earlier = before.processes.find((one) => one.pid === process.pid)?.cpuSeconds ?? 0
      const own = process.cpuSeconds - earlier
      if (own > 0.2)
        console.log(
          `  ${process.name} (${process.pid}): ${own.toFixed(1)} s, RSS ${(process.rssBytes / 2 ** 20).toFixed(0)} MiB`,
        )
    }
    console.log(
      `RSS of all processes: peak ${(peakRss / 2 ** 30).toFixed(2)} GiB, at rest ${(settled.rssBytes / 2 ** 30).toFixed(2)} GiB`,
    )
  }
  if (waitingBytes !== null)
    console.log(`waiting in the journal when the senders stopped: ${(waitingBytes / 2 ** 20).toFixed(1)} MiB`)
  const sorted = [...visible].sort((a, b) => a - b)
  if (sorted.length > 0)
    console.log(
      `ack to visible, while warming up: median ${sorted[sorted.length >> 1].toFixed(0)} ms, worst ${sorted[sorted.length - 1].toFixed(0)} ms (${sorted.length} probes)`,
    )
  return before === null || settled === null ? null : ((settled.cpuSeconds - before.cpuSeconds) / total) * 1e6
}
