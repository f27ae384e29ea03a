import { useNavigate, useRouter } from '@tanstack/react-router'
import type { Series } from '../charts/series.ts'
import { writeConditions } from '../shell/scope-filter.ts'
import { showToast } from '../state/toasts.ts'
import { rangeOf } from '../time/range.ts'
import { carried, useAddress, useChangeAddress, useTenant, useZoom } from '../url/use-search.ts'
import './trace-panel.tsx'

/** Milliseconds on each side of a point in which its traces are looked for. */
const aroundMs = 30_000

interface ChartActs {
  /** The service of a series; undefined where its labels tell none. */
  readonly serviceOf: (name: string) => string | undefined
}

/** What a chart of metrics does: zoom and back, traces of the service behind a point, the trace behind an exemplar. */
export function useChartActs({ serviceOf }: ChartActs) {
  const zoom = useZoom()
  const router = useRouter()
  const navigate = useNavigate()
  const tenant = useTenant()
  const address = useAddress()
  const change = useChangeAddress()
  return {
    onZoom: zoom,
    onZoomBack: () => router.history.back(),
    onExemplar: (traceId: string) => change({ panel: [`trace:${traceId}`] }),
    onPoint: ({ ms, series }: { ms: number; series: Series }) => {
      const service = serviceOf(series.name)
      if (service === undefined) {
        showToast('This series names no service, so no traces belong to it.')
        return
      }
      void navigate({
        to: `/${tenant}/traces`,
        search: {
          ...carried(address),
          ...rangeOf({ fromMs: ms - aroundMs, toMs: ms + aroundMs }),
          ...{ q: writeConditions({ service }), sort: '-duration' },
        } as never,
      })
    },
  }
}

/** The service that labels tell: `service_name`, else `service`, else `job` without its namespace. */
export function serviceOfLabels(labels: Readonly<Record<string, string>>): string | undefined {
  return labels.service_name ?? labels.service ?? labels.job?.split('/').at(-1)
}
