import { useMemo } from 'react'
import type {
  MetricCatalog,
  MetricCatalogRequest,
  MetricFamily,
  MetricLabels,
  MetricLabelsRequest,
  PromqlLanguage,
} from '../../../contract/index.ts'
import { type Asked, useAnswer } from '../api/use-answer.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import { type Span, unitMs } from '../time/range.ts'
import { useAddress, useTime } from '../url/use-search.ts'

/** The scope filters as labels of series: `service` as it is, other fields as Prometheus names them. */
export function useScopeLabels(): Readonly<Record<string, string>> {
  const { f } = useAddress()
  return useMemo(
    () =>
      Object.fromEntries(
        scopeConditions(f).map(({ field, value }) => [
          /^service([._]name)?$/.test(field) ? 'service' : field.replaceAll(/\W/g, '_'),
          String(value),
        ]),
      ),
    [f],
  )
}

/** Series are counted by day: to the hour is near enough, and a live view does not ask each time. */
function hoursOf({ fromMs, toMs }: Span): { start: string; end: string } {
  const iso = (ms: number) => new Date(ms).toISOString()
  return { start: iso(Math.floor(fromMs / unitMs.h) * unitMs.h), end: iso(Math.ceil(toMs / unitMs.h) * unitMs.h) }
}

/** All metrics of the range within the scope filters. */
export function useCatalog(): Asked<MetricCatalog> {
  const { span } = useTime()
  const labels = useScopeLabels()
  const body: MetricCatalogRequest = { time_range: hoursOf(span), labels }
  return useAnswer<MetricCatalog>({ path: '/api/metrics/catalog', body })
}

/** Labels of a family, with the number of series by value. */
export function useMetricLabels(family: MetricFamily | undefined): Asked<MetricLabels> {
  const { span } = useTime()
  const labels = useScopeLabels()
  const names = family?.names.map(({ name }) => name) ?? []
  const body: MetricLabelsRequest = { time_range: hoursOf(span), labels, names }
  return useAnswer<MetricLabels>({ path: '/api/metrics/labels', body, isWanted: names.length > 0 })
}

/** Functions, aggregations and keywords as the server knows them. */
export function useLanguage(): PromqlLanguage | undefined {
  return useAnswer<PromqlLanguage>({ path: '/api/promql/language' }).data
}

/** Whether a word belongs to the language; before the language is known, the commonest grouping words do. */
export function useIsWord(): (word: string) => boolean {
  const language = useLanguage()
  return useMemo(() => {
    const words = new Set([...(language?.aggregations ?? []), ...(language?.keywords ?? [])].map(({ name }) => name))
    return (word) => words.has(word)
  }, [language])
}
