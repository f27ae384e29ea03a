import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import type { MetricFamily } from '../../../../contract/index.ts'
import { formatCount } from '../../format/number.ts'
import { useWidth } from '../../parts/use-width.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { familyQueries } from '../family-queries.ts'
import { QueryChart } from '../query-chart.tsx'
import { useScopeLabels } from '../use-catalog.ts'

const narrowestTile = 300
const gap = 12
/** Pixels of a tile: its head, its chart, its line of facts. */
const tileHeight = 192
const chartHeight = 120
/** Points of a small chart, about. */
const points = 60

/** Small charts, as many as fit beside each other; only those in sight are asked for. */
export function MetricGrid({ families }: { families: readonly MetricFamily[] }) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const columns = Math.max(1, Math.floor((width + gap) / (narrowestTile + gap)))
  const virtual = useVirtualizer({
    count: Math.ceil(families.length / columns),
    getScrollElement: () => box.current,
    estimateSize: () => tileHeight + gap,
    overscan: 1,
  })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div ref={box} className="metric-grid" role="region" tabIndex={0} aria-label="Metrics as small charts">
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={families[index * columns]?.name ?? index}
            className="metric-row"
            style={{ top: start, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
          >
            {width > 0 &&
              families
                .slice(index * columns, (index + 1) * columns)
                .map((family) => <MetricTile key={family.name} family={family} />)}
          </div>
        ))}
      </div>
    </div>
  )
}

function MetricTile({ family }: { family: MetricFamily }) {
  const labels = useScopeLabels()
  // A histogram says most by its slow end: one line in a small chart.
  const queries = useMemo(() => {
    const all = familyQueries(family, { labels })
    return [all.find(({ words }) => words === 'p95') ?? all[0]]
  }, [family, labels])
  return (
    <div className="metric-tile">
      <QueryChart
        title={family.name}
        link={
          <ScreenLink to={`metrics/${encodeURIComponent(family.name)}`} className="tile-link code">
            {family.name}
          </ScreenLink>
        }
        family={family}
        queries={queries}
        points={points}
        height={chartHeight}
        foot={
          <span className="t3">
            {queries[0].words} · {family.type}
            {family.unit === '' ? '' : `, ${family.unit}`} · {formatCount(family.series)} series
          </span>
        }
      />
    </div>
  )
}
