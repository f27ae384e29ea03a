import { appendFileSync } from 'node:fs'
import type { FaultName } from '../process/messages.ts'
import type { Fault, FaultCause } from './fault-catalogue.ts'

/**
 * One line of the truth file: what really happened in the shop, for tests of alerts and of root-cause analysis.
 * `timeUnixMs` of a beginning is taken before anything was changed, of an end after all was restored.
 */
export type TruthRecord = { readonly time: string; readonly timeUnixMs: number } & (
  | {
      readonly event: 'fault-begin' | 'fault-end'
      readonly fault: FaultName
      readonly cause: FaultCause
      readonly signals: Fault['signals']
      readonly affected: Fault['affected']
    }
  | { readonly event: 'process-crash'; readonly service: string; readonly reason: string }
)

/** Appends records to a JSON Lines file; each is written before the call returns. */
export interface TruthFile {
  readonly path: string
  recordFault(event: 'fault-begin' | 'fault-end', fault: Fault, timeUnixMs: number): void
  recordCrash(service: string, reason: string): void
}

export function openTruthFile(path: string): TruthFile {
  const append = (record: TruthRecord) => appendFileSync(path, `${JSON.stringify(record)}\n`)
  const at = (timeUnixMs: number) => ({ time: new Date(timeUnixMs).toISOString(), timeUnixMs })
  return {
    path,
    recordFault(event, { name, cause, signals, affected }, timeUnixMs) {
      append({ ...at(timeUnixMs), event, fault: name, cause, signals, affected })
    },
    recordCrash(service, reason) {
      append({ ...at(Date.now()), event: 'process-crash', service, reason })
    },
  }
}
