import { otlpHttp } from '../../../server/receive/protocols/otlp-http.ts'
import { storeLocally } from '../store-locally.ts'
import { readLogs } from './read-logs.ts'
import { readMetrics } from './read-metrics.ts'
import { readTraces } from './read-traces.ts'

/** An OTLP receiver with all that stands behind it, and what its tables hold as parts of OTLP requests. */
export interface StoredTelemetry {
  readonly origin: string
  metrics(): Promise<unknown>
  logs(): Promise<unknown>
  traces(): Promise<unknown>
  close(): Promise<void>
}

export async function openStoredTelemetry(): Promise<StoredTelemetry> {
  const { origin, loaded, close } = await storeLocally(otlpHttp)
  return {
    origin,
    metrics: () => loaded().then(readMetrics),
    logs: () => loaded().then(readLogs),
    traces: () => loaded().then(readTraces),
    close,
  }
}
