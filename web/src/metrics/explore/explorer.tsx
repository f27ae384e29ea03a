import { useEffect, useMemo, useRef, useState } from 'react'
import type { MetricCatalog, MetricFamily } from '../../../../contract/index.ts'
import { formatCount } from '../../format/number.ts'
import { CostNote, Panel } from '../../parts/panel.tsx'
import { usePanelState } from '../../parts/panel-state.ts'
import { Icon } from '../../shell/icons.tsx'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { usePageTitle } from '../../shell/title.ts'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'
import { useCatalog } from '../use-catalog.ts'
import { MetricFacets } from './metric-facets.tsx'
import { MetricGrid } from './metric-grid.tsx'
import { MetricTable } from './metric-table.tsx'

const none: MetricFamily[] = []

/** Every metric without a query: by name, type and prefix, as small charts or as a table with cardinality. */
export function Explorer() {
  usePageTitle('Metrics')
  const { q = '', type, group, view } = useAddress()
  const change = useChangeAddress()
  const asked = useCatalog()
  const all = asked.data?.metrics ?? none
  const found = useMemo(() => matching(all, { q, type, group }), [all, q, type, group])
  const hasFilter = q !== '' || type !== undefined || group !== undefined
  const state = usePanelState(asked, (catalog) => emptyState(catalog, found, { hasFilter, change }))
  const isShown = state.kind === 'ready' || state.kind === 'refreshing' || state.kind === 'partial'
  return (
    <main className="page metrics-page">
      <ExplorerHead catalog={asked.data} found={found} />
      <div className="metrics-split">
        <MetricFacets families={all} found={found} />
        <div className="metrics-main">
          <p className="row wrap">
            <b className="b">{found.length === 1 ? '1 metric' : `${formatCount(found.length)} metrics`}</b>
            <span className="t2 sm">{seriesOf(found)} series on the days of this range</span>
            {asked.data?.truncated === true && (
              <span className="chip">more than can be listed: narrow the filters</span>
            )}
            <span className="right" />
            {asked.cost !== undefined && <CostNote cost={asked.cost} />}
          </p>
          {!isShown ? (
            <Panel title="Metrics" state={state} />
          ) : view === 'table' ? (
            <MetricTable families={found} />
          ) : (
            <MetricGrid families={found} />
          )}
        </div>
      </div>
    </main>
  )
}

function ExplorerHead({ catalog, found }: { catalog: MetricCatalog | undefined; found: readonly MetricFamily[] }) {
  const { q = '', view } = useAddress()
  const change = useChangeAddress()
  const isTable = view === 'table'
  return (
    <div className="row wrap">
      <Find isWanted={catalog !== undefined || found.length > 0 || q !== ''} />
      <div className="seg">
        <button type="button" aria-pressed={!isTable} onClick={() => change({ view: undefined, sort: undefined })}>
          Charts
        </button>
        <button type="button" aria-pressed={isTable} onClick={() => change({ view: 'table' })}>
          Cardinality
        </button>
      </div>
      <span className="right" />
      <ScreenLink to="metrics" search={{ e: ['A:'] }} className="btn pri">
        Write a query
      </ScreenLink>
    </div>
  )
}

/** Milliseconds after the last letter at which the list follows: the charts of each state between are never drawn. */
const followAfterMs = 150

function Find({ isWanted }: { isWanted: boolean }) {
  const { q = '' } = useAddress()
  const change = useChangeAddress()
  const [typed, setTyped] = useState(q)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  // An address that changed by itself, such as by the back button, wins over what is typed.
  useEffect(() => setTyped(q), [q])
  useEffect(() => () => clearTimeout(timer.current), [])
  const follow = (text: string) => {
    clearTimeout(timer.current)
    if (text !== q) change({ q: text }, 'replace')
  }
  const onChange = (text: string) => {
    setTyped(text)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => follow(text), followAfterMs)
  }
  return (
    <label className="inp metric-search">
      <Icon name="search" />
      <input
        type="search"
        aria-label="Find a metric by name or description"
        placeholder="Name or description…"
        value={typed}
        disabled={!isWanted}
        onChange={(event) => onChange(event.target.value)}
        onBlur={() => follow(typed)}
      />
      <span className="kbd wide-only">/</span>
    </label>
  )
}

/** Families whose name or help holds every typed word, of the chosen type, below the chosen prefix. */
function matching(
  families: readonly MetricFamily[],
  { q, type, group }: { q: string; type: string | undefined; group: string | undefined },
): readonly MetricFamily[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return families.filter(
    (family) =>
      (type === undefined || family.type === type) &&
      (group === undefined || family.name.startsWith(group)) &&
      words.every((word) => family.name.toLowerCase().includes(word) || family.help.toLowerCase().includes(word)),
  )
}

function seriesOf(families: readonly MetricFamily[]): string {
  return formatCount(families.reduce((sum, { series }) => sum + series, 0))
}

interface EmptyParts {
  readonly hasFilter: boolean
  readonly change: ReturnType<typeof useChangeAddress>
}

function emptyState(catalog: MetricCatalog, found: readonly MetricFamily[], { hasFilter, change }: EmptyParts) {
  if (found.length > 0) return null
  if (hasFilter && catalog.metrics.length > 0)
    return {
      kind: 'empty' as const,
      words: `None of the ${formatCount(catalog.metrics.length)} metrics fits.`,
      actions: [{ words: 'Show all', run: () => change({ q: undefined, type: undefined, group: undefined }) }],
    }
  return {
    kind: 'empty' as const,
    words: 'No metric was received on the days of this range.',
    reason: 'Metrics appear by themselves once they arrive. Data shows what arrives and how to send it.',
    actions: [{ words: 'Widen to 7 days', run: () => change({ from: 'now-7d', to: 'now' }) }],
  }
}
