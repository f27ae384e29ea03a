import type { Span } from '../time/range.ts'

/** Seconds of the shortest window of a rate: four times the minute at which OpenTelemetry sends unless told otherwise. */
const shortestRateSeconds = 240

/** What `$__…` stands for in a chart with this step; the names are those that Grafana's users know. */
export function variablesOf({ fromMs, toMs }: Span, stepSeconds: number): Readonly<Record<string, string>> {
  return {
    __rate_interval: `${Math.max(4 * stepSeconds, shortestRateSeconds)}s`,
    __interval: `${stepSeconds}s`,
    __range: `${Math.max(1, Math.round((toMs - fromMs) / 1000))}s`,
  }
}
