import { useMemo } from 'react'
import { useKeys } from '../keys/key-map.ts'
import { CostNote, Panel } from '../parts/panel.tsx'
import { costOfAll, usePanelState } from '../parts/panel-state.ts'
import { CompareWith } from '../services/compare-with.tsx'
import { GroupBy, groupHead } from '../services/group-by.tsx'
import { serviceColumns } from '../services/service-columns.tsx'
import { verdictCounts } from '../services/service-groups.ts'
import { type ServiceRow, sortRows, starredFirst } from '../services/service-rows.ts'
import '../services/service-panel.tsx'
import { onlyStarred, useStars } from '../services/star.tsx'
import { useOpenService } from '../services/use-open-service.ts'
import { useServiceGroups } from '../services/use-service-groups.ts'
import { useServiceRows } from '../services/use-service-rows.ts'
import { Icon } from '../shell/icons.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useSettings } from '../state/settings.ts'
import { groupedRows } from '../table/table-items.ts'
import { useRowHeight } from '../table/use-row-height.ts'
import { VirtualTable } from '../table/virtual-table.tsx'
import { useAddress, useChangeAddress } from '../url/use-search.ts'

const types = {
  all: 'All',
  service: 'Services',
  database: 'Databases',
  messaging: 'Queues',
  external: 'Third parties',
} as const
type TypeChoice = keyof typeof types

/** Every kind of node in one table, those whose users wait longer first. */
export function ServicesPage() {
  usePageTitle('Services')
  const { q = '', view, type: only, sort = '-share', cols, panel } = useAddress()
  const change = useChangeAddress()
  const { asked, rows } = useServiceRows()
  const rowHeight = useRowHeight()
  useSettings(({ density }) => density)
  const type = (view !== undefined && view in types ? view : 'all') as TypeChoice
  const { stars, toggle } = useStars()
  const { grouping, asked: askedGroups } = useServiceGroups()
  const isOnlyStarred = only === onlyStarred
  const shown = useMemo(() => {
    const isStarred = ({ name }: ServiceRow) => !isOnlyStarred || stars.has(name)
    const found = rows.filter((row) => (type === 'all' || row.type === type) && row.name.includes(q) && isStarred(row))
    const sorted = starredFirst(sortRows(found, sort), stars)
    return grouping === undefined ? sorted : groupedRows(sorted, grouping)
  }, [rows, type, q, sort, stars, isOnlyStarred, grouping])
  const cost = costOfAll([asked, askedGroups])
  const state = usePanelState(asked, () =>
    rows.length === 0 ? nothingHere(() => change({ from: 'now-1d', to: 'now' })) : null,
  )
  const selected = panel?.[0]?.startsWith('service:') ? panel[0].slice('service:'.length) : undefined
  const select = (row: ServiceRow) =>
    change({ panel: [`service:${row.name}`] }, selected === undefined ? 'push' : 'replace')
  const open = useOpenService()
  useKeys([
    {
      ...{ keys: 's', words: 'Star the chosen service, or take its star away', group: 'lists' },
      run: () => selected !== undefined && toggle(selected),
    },
  ])
  return (
    <main className="page">
      <ListHead rows={rows} type={type} />
      <p className="row wrap">
        <span>
          <b className="b">{verdictCounts(rows)}</b>
        </span>
        <span className="t2 sm">
          {stars.size > 0 ? 'Starred first, then sorted' : 'Sorted'} by each one’s share of what users wait longer,
          unless you choose a column.
        </span>
        <span className="right" />
        {cost !== undefined && <CostNote cost={cost} />}
      </p>
      {askedGroups.error !== undefined && <p className="note">Not grouped. {askedGroups.error.message}</p>}
      {state.kind === 'ready' || state.kind === 'refreshing' || state.kind === 'partial' ? (
        <section className="panel services-list" aria-label="Services" style={{ minHeight: 0 }}>
          <VirtualTable
            label="Services"
            rows={shown}
            columns={serviceColumns}
            keyOf={({ name }) => name}
            shown={cols}
            onShown={(ids) => change({ cols: ids })}
            sort={sort}
            onSort={(next) => change({ sort: next })}
            selected={selected}
            onSelect={select}
            onOpen={({ name, type: kind }) => kind === 'service' && open(name)}
            rowHeight={rowHeight}
            {...(grouping === undefined ? {} : { groups: { of: grouping.of, head: groupHead } })}
          />
          {isOnlyStarred && shown.length === 0 && <NothingStarred hasStars={stars.size > 0} />}
        </section>
      ) : (
        <Panel title="Services" state={state} />
      )}
    </main>
  )
}

function nothingHere(widen: () => void) {
  return {
    kind: 'empty' as const,
    words: 'No service sent spans in this range.',
    reason: 'Services appear by themselves once spans arrive. Data shows what arrives and how to send it.',
    actions: [{ words: 'Widen to 24 hours', run: widen }],
  }
}

function NothingStarred({ hasStars }: { hasStars: boolean }) {
  const change = useChangeAddress()
  return (
    <p className="row wrap nothing-starred">
      <span>
        {hasStars
          ? 'None of the services that you starred is listed here.'
          : 'You have starred no service yet. A star stands in front of each name; it is kept in this browser.'}
      </span>
      <button type="button" className="lnk" onClick={() => change({ type: undefined })}>
        Show all services
      </button>
    </p>
  )
}

function ListHead({ rows, type }: { rows: readonly ServiceRow[]; type: TypeChoice }) {
  const { q = '', type: only } = useAddress()
  const change = useChangeAddress()
  const { stars } = useStars()
  const isOnlyStarred = only === onlyStarred
  const count = (one: TypeChoice) => rows.filter((row) => one === 'all' || row.type === one).length
  return (
    <div className="row wrap">
      <label className="inp" style={{ width: 232 }}>
        <Icon name="search" />
        <input
          type="search"
          aria-label="Find by name"
          placeholder="Name…"
          value={q}
          onChange={(event) => change({ q: event.target.value }, 'replace')}
        />
        <span className="kbd wide-only">/</span>
      </label>
      <div className="scroll-x">
        <div className="seg">
          {(Object.keys(types) as TypeChoice[])
            .filter((one) => one === 'all' || one === type || count(one) > 0)
            .map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={one === type}
                onClick={() => change({ view: one === 'all' ? undefined : one })}
              >
                {types[one]} {count(one)}
              </button>
            ))}
        </div>
      </div>
      <button
        type="button"
        className="btn starred"
        aria-pressed={isOnlyStarred}
        onClick={() => change({ type: isOnlyStarred ? undefined : onlyStarred })}
      >
        <Icon name="star" />
        Starred {rows.filter(({ name }) => stars.has(name)).length}
      </button>
      <GroupBy />
      <span className="right" />
      <CompareWith />
    </div>
  )
}
