import { useParams } from '@tanstack/react-router'
import { MetricDetail } from '../metrics/explore/metric-detail.tsx'
import { nearestName } from '../metrics/nearest-name.ts'
import { useCatalog } from '../metrics/use-catalog.ts'
import { Panel, useLongerThan } from '../parts/panel.tsx'
import { panelStateOf } from '../parts/panel-state.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useTime } from '../url/use-search.ts'

const parents = [{ word: 'Metrics', to: 'metrics' }]

/** One metric by its name. */
export function MetricPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  usePageTitle(id, parents)
  const { zone } = useTime()
  const asked = useCatalog()
  const isSlow = useLongerThan(asked.isAsking, 2000)
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
        <Panel title="Metric" state={panelStateOf(asked, { zone, isSlow })} />
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
