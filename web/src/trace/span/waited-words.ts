import type { TraceContext, TraceSpan } from '../../../../contract/index.ts'
import type { Deploy } from '../../charts/series.ts'
import { formatCount, formatDuration } from '../../format/number.ts'

export type Resource = TraceContext['correlated_metrics'][number]

/** Share of the trace from which it is asked why it waited for a span. */
const leastShare = 0.05
/** Multiple of its usual 95th percentile from which a span is told to be slow. */
const slowTimes = 1.25

interface Known {
  readonly span: Pick<TraceSpan, 'service' | 'duration' | 'critical_time' | 'usual_duration' | 'start_time'>
  /** Of the whole trace, microseconds. */
  readonly traceDuration: number
  readonly resources: readonly Resource[]
  /** Deploys of the span's service in the range of the page. */
  readonly deploys: readonly Deploy[]
}

/**
 * What is known of why the trace waited for a span, in sentences that can be false: resources of its service at their
 * limit, the version that came last before it, and its own usual. Empty where the trace did not wait for it, or where
 * nothing stands out.
 */
export function waitedWords({ span, traceDuration, resources, deploys }: Known): string[] {
  if (span.critical_time < traceDuration * leastShare) return []
  const short = resources.filter(({ service, warning }) => service === span.service && warning)
  const came = deploys.filter(({ ms }) => ms <= Date.parse(span.start_time)).at(-1)
  const usual = span.usual_duration
  const isSlow = usual !== null && usual > 0 && span.duration > usual * slowTimes
  return [
    ...mostTelling(short).map(resourceWords),
    ...(came === undefined
      ? []
      : [`${came.words} came ${formatDuration(Date.parse(span.start_time) - came.ms)} before it.`]),
    ...(isSlow
      ? [
          `It took ${formatDuration(span.duration / 1000)}; usual is up to ${formatDuration(usual / 1000)} (× ${formatCount(Number((span.duration / usual).toPrecision(2)))}).`,
        ]
      : []),
  ]
}

function resourceWords({ metric, service, value, max_value }: Resource): string {
  if (max_value === null) return `${metric} of ${service} stood at ${formatCount(value)}.`
  const where = value >= max_value ? 'at its limit' : 'near its limit'
  return `${metric} of ${service} was ${where}, ${formatCount(value)} of ${formatCount(max_value)}.`
}

/** One with a limit and one that counts who waits: libraries and exporters often tell the same twice. */
function mostTelling(resources: readonly Resource[]): Resource[] {
  const full = resources.find(({ max_value }) => max_value !== null)
  const waiting = resources.find(({ max_value }) => max_value === null)
  return [full, waiting].filter((one) => one !== undefined)
}

/** The resource whose course is shown: the first with a warning, else the first with a limit. */
export function toldResource(resources: readonly Resource[], service: string): Resource | undefined {
  const own = resources.filter((one) => one.service === service)
  return own.find(({ warning }) => warning) ?? own.find(({ max_value }) => max_value !== null)
}

/** The one series of a resource as a PromQL selector. */
export function selectorOf({ metric, labels }: Pick<Resource, 'metric' | 'labels'>): string {
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `${metric}{${matchers.join(', ')}}`
}
