import { useParams } from '@tanstack/react-router'
import { MetricDetail } from '../metrics/explore/metric-detail.tsx'
import { nearestName } from '../metrics/nearest-name.ts'
import { useCatalog } from '../metrics/use-catalog.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { usePageTitle } from '../shell/title.ts'

const parents = [{ word: 'Metrics', to: 'metrics' }]

/** One metric by its name. */
export function MetricPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  usePageTitle(id, parents)
  const asked = useCatalog()
  const state = usePanelState(asked)
  const families = asked.data?.metrics ?? []
  const family =
    families.find(({ name }) => name === id) ?? families.find(({ names }) => names.some(({ name }) => name === id))
  if (family !== undefined) return <MetricDetail key={family.name} family={family} />
  const nearest = nearestName(
    id,
    families.map(({ name }) => name),
  )
  return (
    <main className="page">
      {asked.data === undefined ? (
        <Panel title="Metric" state={state} />
      ) : (
        <Panel
          title="Metric"
          state={{
            kind: 'empty',
            words: `No metric named ${id} on the days of this range.`,
            reason:
              nearest === null ? undefined : (
                <>
                  Closest: <ScreenLink to={`metrics/${encodeURIComponent(nearest)}`}>{nearest}</ScreenLink>
                </>
              ),
          }}
        />
      )}
    </main>
  )
}
