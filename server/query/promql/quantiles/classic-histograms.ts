import { forMetric } from '../annotations.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import type { ClassicBucket } from '../histogram/classic-quantile.ts'
import { type Labels, metricLabels } from '../labels.ts'
import { absent, float, VectorSeries } from '../value.ts'

/** Bucket series of one classic histogram, and the native histogram of the same labels, if any. */
export interface HistogramGroup {
  /** Labels without `le`. */
  readonly labels: Labels
  readonly buckets: { readonly upper: number; readonly series: VectorSeries }[]
  readonly native: VectorSeries[]
}

const le = new Set(['le'])

/** Groups a vector by everything but `le`. A float without a usable `le` is left out with a warning. */
export function groupHistograms(
  evaluation: Evaluation,
  series: readonly VectorSeries[],
  span: { start: number; end: number },
): readonly HistogramGroup[] {
  const groups = new Map<string, HistogramGroup>()
  const groupOf = (labels: Labels) => {
    const group = groups.get(labels.key) ?? { labels, buckets: [], native: [] }
    groups.set(labels.key, group)
    return group
  }
  for (const one of series) {
    if (one.state.includes(float)) {
      const text = one.labels.get('le')
      const upper = parseBound(text)
      if (upper === null)
        evaluation.annotations.warn(
          `bucket label "le" is missing or has a malformed value of ${JSON.stringify(text)}${forMetric(nameIn(evaluation, one.labels))}`,
          span,
        )
      else groupOf(one.labels.without(le)).buckets.push({ upper, series: one })
    }
    if (one.histograms !== null) groupOf(one.labels).native.push(one)
  }
  return [...groups.values()]
}

function parseBound(text: string): number | null {
  if (/^\+?inf(inity)?$/i.test(text)) return Infinity
  if (/^-inf(inity)?$/i.test(text)) return -Infinity
  if (text.trim() === '' || Number.isNaN(Number(text))) return null
  return Number(text)
}

/** Buckets of a group that are there at a step. */
function bucketsAt(group: HistogramGroup, step: number): readonly ClassicBucket[] {
  const found: ClassicBucket[] = []
  for (const { upper, series } of group.buckets)
    if (series.state[step] === float) found.push({ upper, count: series.floats[step] })
  return found
}

/** Applies `classic` or `native` to each group at each step. A step that has both is left out with a warning. */
export function evaluateGroups(
  evaluation: Evaluation,
  groups: readonly HistogramGroup[],
  use: {
    steps: number
    span: { start: number; end: number }
    classic: (buckets: readonly ClassicBucket[], step: number, metric: string) => number
    native: (series: VectorSeries, step: number, metric: string) => number
  },
): readonly VectorSeries[] {
  const found: VectorSeries[] = []
  for (const group of groups) {
    const metric = nameIn(evaluation, group.labels)
    const made = namelessOf(evaluation, group.labels, use.steps)
    for (let step = 0; step < use.steps; step += 1) {
      const buckets = bucketsAt(group, step)
      const native = group.native.find((series) => series.state[step] !== absent && series.state[step] !== float)
      if (buckets.length > 0 && native !== undefined)
        evaluation.annotations.warn(
          `vector contains a mix of classic and native histograms${forMetric(metric)}`,
          use.span,
        )
      else if (buckets.length > 0) made.setFloat(step, use.classic(buckets, step, metric))
      else if (native !== undefined) made.setFloat(step, use.native(native, step, metric))
    }
    if (!made.isEmpty()) found.push(made)
  }
  return evaluation.settings.delayedNameRemoval ? found : evaluation.unique(found)
}

/** The metric's name for remarks; with names leaving at once it has left already. */
function nameIn({ settings }: Evaluation, labels: Labels): string {
  return settings.delayedNameRemoval ? labels.get('__name__') : ''
}

function namelessOf(evaluation: Evaluation, labels: Labels, steps: number): VectorSeries {
  const name = evaluation.settings.delayedNameRemoval
  return new VectorSeries(name ? labels : labels.without(metricLabels), steps, name)
}
