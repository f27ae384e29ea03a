import { compareLabels, compareText, type Labels } from '../labels.ts'
import { float, type Value, VectorSeries } from '../value.ts'
import type { CallContext, ValueFunction } from './function.ts'

/** Order of an instant vector; a range answer is always ordered by labels, so sorting does nothing there. */
function sorted(value: Value, steps: number, order: (a: VectorSeries, b: VectorSeries) => number): Value {
  if (value.type !== 'vector' || steps !== 1) return value
  return { type: 'vector', series: [...value.series].sort(order) }
}

/** A series without its histograms. */
function floatsOf(series: VectorSeries): VectorSeries {
  if (series.histograms === null) return series
  const made = new VectorSeries(series.labels, series.state.length, series.dropName)
  for (let step = 0; step < series.state.length; step += 1)
    if (series.state[step] === float) made.setFloat(step, series.floats[step])
  return made
}

/** Histograms have no order by value: they are left out. */
function remarkIneffective({ evaluation, expr, grid }: CallContext): void {
  if (grid.count > 1)
    evaluation.annotations.warn(
      'sort is ineffective for range queries since results are always ordered by labels',
      expr,
    )
}

function byValue(sign: 1 | -1): ValueFunction['evaluate'] {
  return ([value], call) => {
    const { grid } = call
    remarkIneffective(call)
    if (value.type !== 'vector') return value
    const floats = value.series.map(floatsOf).filter((series) => !series.isEmpty())
    return sorted({ type: 'vector', series: floats }, grid.count, (a, b) => {
      const [x, y] = [a.floats[0], b.floats[0]]
      if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1
      if (Number.isNaN(y)) return -1
      return sign * (x - y)
    })
  }
}

function byLabels(sign: 1 | -1): ValueFunction['evaluate'] {
  return ([value, ...names], call) => {
    const { grid } = call
    remarkIneffective(call)
    const labels = names.map((name) => (name.type === 'string' ? name.value : ''))
    return sorted(value, grid.count, (a, b) => sign * compareBy(a.labels, b.labels, labels))
  }
}

function compareBy(a: Labels, b: Labels, names: readonly string[]): number {
  for (const name of names) {
    const order = naturalOrder(a.get(name), b.get(name))
    if (order !== 0) return order
  }
  return compareLabels(a, b)
}

/** Runs of digits compare as numbers: `node-9` before `node-10`. */
function naturalOrder(a: string, b: string): number {
  const [left, right] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []]
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const bothNumbers = /^\d/.test(left[i]) && /^\d/.test(right[i])
    const order = bothNumbers ? Number(left[i]) - Number(right[i]) : compareText(left[i], right[i])
    if (order !== 0) return order
  }
  return left.length - right.length
}

const byLabelSummary = 'of the given labels, numbers in them by value (instant queries).'

/** Orders of an instant vector: one line each. */
export const sortFunctions: readonly ValueFunction[] = [
  {
    kind: 'value',
    name: 'sort',
    args: ['vector'],
    returns: 'vector',
    summary: 'Ascending by value (instant queries).',
    evaluate: byValue(1),
  },
  {
    kind: 'value',
    name: 'sort_desc',
    args: ['vector'],
    returns: 'vector',
    summary: 'Descending by value (instant queries).',
    evaluate: byValue(-1),
  },
  {
    kind: 'value',
    name: 'sort_by_label',
    args: ['vector', 'string'],
    optional: 1,
    repeatsLast: true,
    returns: 'vector',
    experimental: true,
    summary: `Ascending by the values ${byLabelSummary}`,
    evaluate: byLabels(1),
  },
  {
    kind: 'value',
    name: 'sort_by_label_desc',
    args: ['vector', 'string'],
    optional: 1,
    repeatsLast: true,
    returns: 'vector',
    experimental: true,
    summary: `Descending by the values ${byLabelSummary}`,
    evaluate: byLabels(-1),
  },
]
