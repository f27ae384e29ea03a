import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { MetricFamily } from '../../../../contract/index.ts'
import { formatCount, formatPercent } from '../../format/number.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import type { Column } from '../../table/column.ts'
import { useRowHeight } from '../../table/use-row-height.ts'
import { VirtualTable } from '../../table/virtual-table.tsx'
import { carried, useAddress, useChangeAddress, useTenant } from '../../url/use-search.ts'

/** Metrics with how many series each has: what costs memory and what a query will read. */
export function MetricTable({ families }: { families: readonly MetricFamily[] }) {
  const address = useAddress()
  const { sort = '-series', cols } = address
  const change = useChangeAddress()
  const navigate = useNavigate()
  const tenant = useTenant()
  const rowHeight = useRowHeight()
  const rows = useMemo(() => sortFamilies(families, sort), [families, sort])
  const columns = useMemo(() => columnsOf(families), [families])
  const open = ({ name }: MetricFamily) =>
    void navigate({ to: `/${tenant}/metrics/${encodeURIComponent(name)}`, search: carried(address) as never })
  return (
    <section className="panel" aria-label="Metrics" style={{ minHeight: 0 }}>
      <VirtualTable
        label="Metrics"
        rows={rows}
        columns={columns}
        keyOf={({ name }) => name}
        shown={cols}
        onShown={(ids) => change({ cols: ids })}
        sort={sort}
        onSort={(next) => change({ sort: next })}
        onSelect={open}
        onOpen={open}
        rowHeight={rowHeight}
      />
    </section>
  )
}

function columnsOf(families: readonly MetricFamily[]): Column<MetricFamily>[] {
  const all = families.reduce((sum, { series }) => sum + series, 0)
  const largest = Math.max(1, ...families.map(({ series }) => series))
  return [
    {
      ...{ id: 'name', words: 'Metric', width: 280, grows: true, canSort: true },
      cell: ({ name }) => (
        <ScreenLink to={`metrics/${encodeURIComponent(name)}`} className="code m ell">
          {name}
        </ScreenLink>
      ),
    },
    { id: 'type', words: 'Type', width: 110, canSort: true, cell: ({ type }) => type },
    { id: 'unit', words: 'Unit', width: 90, canSort: true, cell: ({ unit }) => <span className="t2">{unit}</span> },
    {
      ...{ id: 'series', words: 'Series', width: 150, isNumber: true, canSort: true },
      cell: ({ series }) => (
        <>
          <span className="bar" style={{ width: 56 }}>
            <i style={{ width: `${(series / largest) * 100}%` }} />
          </span>
          <span className="grow" />
          {formatCount(series)}
        </>
      ),
    },
    {
      ...{ id: 'share', words: 'Share', width: 80, isNumber: true },
      cell: ({ series }) => <span className="t2">{formatPercent(Math.round((series / all) * 1000) / 1000)}</span>,
    },
    {
      ...{ id: 'help', words: 'Description', width: 320, grows: true },
      cell: ({ help }) => (
        <span className="t2 ell" title={help}>
          {help}
        </span>
      ),
    },
  ]
}

function sortFamilies(families: readonly MetricFamily[], sort: string): readonly MetricFamily[] {
  const isDown = sort.startsWith('-')
  const key = sort.replace(/^-/, '')
  const keyOf = (family: MetricFamily) =>
    key === 'series' || key === 'type' || key === 'unit' ? family[key] : family.name
  return families.toSorted((one, other) => {
    const [first, second] = [keyOf(one), keyOf(other)]
    const order = first < second ? -1 : first > second ? 1 : 0
    return isDown ? -order : order
  })
}
