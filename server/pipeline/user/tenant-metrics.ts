import { pipelineBounds } from '../record/bounds.ts'
import { LogMetric, type LogMetricSpec } from '../record/log-metric.ts'
import { StageFault } from '../record/stage-fault.ts'

/** The metrics that one tenant's pipelines make. */
export class TenantMetrics {
  readonly #byName = new Map<string, LogMetric>()
  #before: TenantMetrics | null

  /** `before`: what an earlier state of the pipelines made; its totals go on where the metric is the same. */
  constructor(before: TenantMetrics | null = null) {
    this.#before = before
  }

  get all(): readonly LogMetric[] {
    return [...this.#byName.values()]
  }

  /** Lets go of the earlier state: all metrics are made. */
  close(): void {
    this.#before = null
  }

  /** Throws: StageFault where the name stands for another metric, or there are too many. */
  open(spec: LogMetricSpec): LogMetric {
    const known = this.#byName.get(spec.name)
    if (known !== undefined) {
      if (isAlike(known.spec, spec)) return known
      throw new StageFault(
        'name',
        `${spec.name} is a metric of another kind, labels or buckets already; expected another name`,
      )
    }
    if (this.#byName.size >= pipelineBounds.metricsPerTenant)
      throw new StageFault('name', `the tenant makes ${pipelineBounds.metricsPerTenant} metrics of log lines already`)
    const earlier = this.#before === null ? undefined : this.#before.#byName.get(spec.name)
    const metric = earlier !== undefined && isAlike(earlier.spec, spec) ? earlier : new LogMetric(spec)
    this.#byName.set(spec.name, metric)
    return metric
  }
}

function isAlike(a: LogMetricSpec, b: LogMetricSpec): boolean {
  return a.kind === b.kind && a.labels.join() === b.labels.join() && a.buckets.join() === b.buckets.join()
}
