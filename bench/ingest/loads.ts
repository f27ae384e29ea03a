import type { Load } from './load.ts'
import { otlpLogsLoad } from './otlp-logs-load.ts'
import { otlpSpansLoad } from './otlp-spans-load.ts'
import { hourLoad, remoteWriteLoad } from './remote-write-load.ts'

/** Every kind of traffic by the word that selects it on the command line. */
export const loads: Readonly<Record<string, () => Load>> = {
  samples10k: () => remoteWriteLoad(10_000),
  samples1500k: () => remoteWriteLoad(1_500_000),
  hour: () => hourLoad(10_000),
  logs: otlpLogsLoad,
  spans: otlpSpansLoad,
}
