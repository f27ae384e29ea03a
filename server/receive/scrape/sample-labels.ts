import type { Labels } from '../../model/series-table.ts'
import type { ScrapeConfig } from './config/scrape-config.ts'
import { LabelsBuilder } from './relabel/labels-builder.ts'
import { applyRules } from './relabel/relabel.ts'

type Rules = Pick<
  ScrapeConfig,
  'honorLabels' | 'metricRelabelRules' | 'labelLimit' | 'labelNameLengthLimit' | 'labelValueLengthLimit'
>

/**
 * Labels of a series as it is stored: those of the exposition, those of its target, relabelled. Null: dropped.
 * Throws: an Error in words where the labels are beyond a limit or have no name, which fails the whole scrape.
 * Source: Prometheus 3 scrape, `mutateSampleLabels` and `verifyLabelLimits`.
 */
export function sampleLabels(exposed: Labels, target: Labels, rules: Rules): Labels | null {
  const builder = new LabelsBuilder(exposed)
  if (rules.honorLabels) {
    for (const [name, value] of target) if (builder.get(name) === '') builder.set(name, value)
  } else addTargetLabels(builder, target)
  if (!applyRules(builder, rules.metricRelabelRules)) return null
  const labels = builder.finish()
  if (labels.length === 0) return null
  if (builder.get('__name__') === '') throw new Error(`no metric name is left of ${textOf(exposed)} after relabelling`)
  verifyLimits(labels, rules)
  return labels
}

/** Labels of the target win; what they replace goes on as `exported_…`. Shorter names are moved first. */
function addTargetLabels(builder: LabelsBuilder, target: Labels): void {
  const replaced: [name: string, value: string][] = []
  for (const [name, value] of target) {
    const existing = builder.get(name)
    if (existing !== '') replaced.push([name, existing])
    builder.set(name, value)
  }
  replaced.sort((a, b) => a[0].length - b[0].length)
  for (const [name, value] of replaced) {
    let free = `exported_${name}`
    while (builder.get(free) !== '') free = `exported_${free}`
    builder.set(free, value)
  }
}

function verifyLimits(labels: Labels, { labelLimit, labelNameLengthLimit, labelValueLengthLimit }: Rules): void {
  if (labelLimit > 0 && labels.length > labelLimit)
    throw new Error(`label_limit exceeded: ${textOf(labels)} has ${labels.length} labels, at most ${labelLimit}`)
  if (labelNameLengthLimit === 0 && labelValueLengthLimit === 0) return
  for (const [name, value] of labels) {
    if (labelNameLengthLimit > 0 && Buffer.byteLength(name) > labelNameLengthLimit)
      throw new Error(`label_name_length_limit exceeded: the name of label ${JSON.stringify(name.slice(0, 64))}`)
    if (labelValueLengthLimit > 0 && Buffer.byteLength(value) > labelValueLengthLimit)
      throw new Error(`label_value_length_limit exceeded: the value of label ${JSON.stringify(name.slice(0, 64))}`)
  }
}

/** At most 200 characters of it. */
function textOf(labels: Labels): string {
  const pairs = labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `{${pairs.join(', ')}}`.slice(0, 200)
}
