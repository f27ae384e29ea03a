import type { Scope } from '../../model/scope.ts'
import type { Fragment } from '../../store/read/fragment.ts'
import { countByLabel, countByMetric, type LabelCount, labelled } from '../../store/read/metric-catalog.ts'
import { readMetadata } from '../../store/read/promql/metadata.ts'
import { seriesOfServices } from '../../store/read/series.ts'
import type { QueryContext } from '../query-context.ts'
import { resolveTimeRange, type TimeRange, type TimeRangeQuestion } from '../time/time-range.ts'
import { type MetricFamily, metricFamilies } from './metric-families.ts'

/** Rows of metadata that a catalog is made from; beyond it families are shown without type and help. */
const maxMetadataRows = 200_000
/** Values of one label that are listed. */
const mostValues = 100

/** What of the stored series is asked about; the label `service` stands for whichever label tells the service. */
export interface CatalogQuestion {
  readonly timeRange: TimeRangeQuestion
  readonly labels: Readonly<Record<string, string>>
}

/** Metrics that had samples on a day of the range. Throws: BadQuestion, and what ColumnStore throws. */
export async function metricCatalog(
  context: QueryContext,
  scope: Scope,
  question: CatalogQuestion & { limit: number },
): Promise<{ range: TimeRange; families: readonly MetricFamily[]; isTruncated: boolean }> {
  const range = rangeOf(context, question)
  const conditions = await conditionsOf(context, scope, { ...question, range })
  const [counts, metadata] = await Promise.all([
    countByMetric(context.reader, scope, { range, conditions, limit: question.limit }),
    readMetadata(context.reader, scope, { name: null, limit: maxMetadataRows }),
  ])
  const isTruncated = counts.length > question.limit
  return { range, families: metricFamilies(counts.slice(0, question.limit), metadata), isTruncated }
}

/** What tells the series of these stored names apart. Throws as above. */
export async function metricLabels(
  context: QueryContext,
  scope: Scope,
  question: CatalogQuestion & { names: readonly string[] },
): Promise<{ range: TimeRange; series: number; labels: readonly LabelCount[] }> {
  const range = rangeOf(context, question)
  const conditions = await conditionsOf(context, scope, { ...question, range })
  return {
    range,
    ...(await countByLabel(context.reader, scope, { range, conditions, names: question.names, mostValues })),
  }
}

function rangeOf({ clock }: QueryContext, { timeRange }: CatalogQuestion): TimeRange {
  return resolveTimeRange(timeRange, { nowMs: clock.nowMs(), path: 'time_range' })
}

async function conditionsOf(
  { reader }: QueryContext,
  scope: Scope,
  { labels, range }: CatalogQuestion & { range: TimeRange },
): Promise<Fragment[]> {
  const conditions: Fragment[] = []
  for (const [name, value] of Object.entries(labels))
    conditions.push(
      name === 'service' ? await seriesOfServices(reader, scope, { services: [value], range }) : labelled(name, value),
    )
  return conditions
}
