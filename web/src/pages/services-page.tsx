import { useMemo } from 'react'
import { CostNote, Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { CompareWith } from '../services/compare-with.tsx'
import { serviceColumns } from '../services/service-columns.tsx'
import { type ServiceRow, sortRows } from '../services/service-rows.ts'
import '../services/service-panel.tsx'
import { useOpenService } from '../services/use-open-service.ts'
import { useServiceRows } from '../services/use-service-rows.ts'
import { Icon } from '../shell/icons.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useSettings } from '../state/settings.ts'
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
  const { q = '', view, sort = '-share', cols, panel } = useAddress()
  const change = useChangeAddress()
  const { asked, rows } = useServiceRows()
  const rowHeight = useRowHeight()
  useSettings(({ density }) => density)
  const type = (view !== undefined && view in types ? view : 'all') as TypeChoice
  const shown = useMemo(() => {
    const found = rows.filter((row) => (type === 'all' || row.type === type) && row.name.includes(q))
    return sortRows(found, sort)
  }, [rows, type, q, sort])
  const state = usePanelState(asked, () =>
    rows.length === 0 ? nothingHere(() => change({ from: 'now-1d', to: 'now' })) : null,
  )
  const selected = panel?.[0]?.startsWith('service:') ? panel[0].slice('service:'.length) : undefined
  const select = (row: ServiceRow) =>
    change({ panel: [`service:${row.name}`] }, selected === undefined ? 'push' : 'replace')
  const open = useOpenService()
  return (
    <main className="page">
      <ListHead rows={rows} type={type} />
      <p className="row wrap">
        <span>
          <b className="b">{counts(rows)}</b>
        </span>
        <span className="t2 sm">Sorted by each one’s share of what users wait longer, unless you choose a column.</span>
        <span className="right" />
        {asked.cost !== undefined && <CostNote cost={asked.cost} />}
      </p>
      {state.kind === 'ready' || state.kind === 'refreshing' || state.kind === 'partial' ? (
        <section className="panel" aria-label="Services" style={{ minHeight: 0 }}>
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
          />
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

function ListHead({ rows, type }: { rows: readonly ServiceRow[]; type: TypeChoice }) {
  const { q = '' } = useAddress()
  const change = useChangeAddress()
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
      <span className="right" />
      <CompareWith />
    </div>
  )
}

/** `3 bad, 4 to watch, 9 usual`. */
function counts(rows: readonly ServiceRow[]): string {
  const words = {
    bad: 'bad',
    watch: 'to watch',
    new: 'new',
    mended: 'back to usual',
    usual: 'usual',
    none: 'without a comparison',
  } as const
  const parts = (Object.keys(words) as (keyof typeof words)[]).flatMap((one) => {
    const found = rows.filter(({ judgement }) => judgement === one).length
    return found === 0 ? [] : [`${found} ${words[one]}`]
  })
  return parts.join(', ')
}
