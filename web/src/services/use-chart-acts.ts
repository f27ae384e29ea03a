import { useNavigate, useRouter } from '@tanstack/react-router'
import { writeConditions } from '../shell/scope-filter.ts'
import { rangeOf } from '../time/range.ts'
import { carried, useAddress, useTenant, useZoom } from '../url/use-search.ts'

/** Milliseconds before and after a point whose traces are asked for. */
const aroundMs = 30_000

/** What the charts of a service do: drag zooms, a double click comes back, a click leads to the traces of that minute. */
export function useChartActs(service: string) {
  const zoom = useZoom()
  const router = useRouter()
  const navigate = useNavigate()
  const tenant = useTenant()
  const address = useAddress()
  return {
    onZoom: zoom,
    onZoomBack: () => router.history.back(),
    onPoint: ({ ms }: { ms: number }) =>
      void navigate({
        to: `/${tenant}/traces`,
        search: {
          ...carried(address),
          ...rangeOf({ fromMs: ms - aroundMs, toMs: ms + aroundMs }),
          ...{ q: writeConditions({ service }), sort: '-duration' },
        } as never,
      }),
  }
}
