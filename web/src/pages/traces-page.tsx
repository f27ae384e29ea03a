import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { TraceSearchAnswer } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import { CostNote, Panel, useLongerThan } from '../parts/panel.tsx'
import { panelStateOf } from '../parts/panel-state.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { timeRangeOf } from '../services/questions.ts'
import { Icon } from '../shell/icons.tsx'
import { readScopeFilter, scopeConditions } from '../shell/scope-filter.ts'
import { usePageTitle } from '../shell/title.ts'
import type { Column } from '../table/column.ts'
import { useRowHeight } from '../table/use-row-height.ts'
import { VirtualTable } from '../table/virtual-table.tsx'
import { formatClockMs } from '../time/zone.ts'
import { carried, useAddress, useChangeAddress, useTenant, useTime } from '../url/use-search.ts'

type TraceRow = TraceSearchAnswer['traces'][number]

const mostTraces = 200

/** Traces of the range, newest or slowest first; a condition `field:value` narrows them. */
export function TracesPage() {
  usePageTitle('Traces')
  const { span, zone } = useTime()
  const { f, q = '', sort } = useAddress()
  const change = useChangeAddress()
  const order = sort === '-duration' ? 'slowest' : 'newest'
  const filters = useMemo(() => scopeConditions([...(f ?? []), ...conditionsOf(q)]), [f, q])
  const asked = useAnswer<TraceSearchAnswer>({
    path: '/api/traces/search',
    body: { time_range: timeRangeOf(span), filters, order, limit: mostTraces },
  })
  const isSlow = useLongerThan(asked.isAsking, 2000)
  const state = panelStateOf(asked, {
    zone,
    isSlow,
    empty: ({ traces }) =>
      traces.length > 0
        ? null
        : {
            kind: 'empty',
            words: 'No trace matches in this range.',
            actions: [
              ...(q === '' ? [] : [{ words: 'Remove the condition', run: () => change({ q: undefined }) }]),
              { words: 'Widen to 24 hours', run: () => change({ from: 'now-1d', to: 'now' }) },
            ],
          },
  })
  const hasRows = state.kind === 'ready' || state.kind === 'refreshing' || state.kind === 'partial'
  return (
    <main className="page">
      <div className="row wrap">
        <Condition key={q} q={q} />
        <div className="seg">
          <button type="button" aria-pressed={order === 'newest'} onClick={() => change({ sort: undefined })}>
            Newest
          </button>
          <button type="button" aria-pressed={order === 'slowest'} onClick={() => change({ sort: '-duration' })}>
            Slowest
          </button>
        </div>
        <span className="right" />
        {asked.data?.truncated === true && <span className="t2 sm">the first {mostTraces}</span>}
        {asked.cost !== undefined && <CostNote cost={asked.cost} />}
      </div>
      {hasRows ? <TraceList traces={asked.data?.traces ?? []} zone={zone} /> : <Panel title="Traces" state={state} />}
    </main>
  )
}

function conditionsOf(q: string): string[] {
  return q.split(/\s+/).filter((part) => readScopeFilter(part) !== null)
}

function Condition({ q }: { q: string }) {
  const change = useChangeAddress()
  return (
    <form
      className="grow"
      style={{ minWidth: 200 }}
      onSubmit={(event) => {
        event.preventDefault()
        change({ q: String(new FormData(event.currentTarget).get('q')) })
      }}
    >
      <label className="inp code">
        <Icon name="search" />
        <input
          type="search"
          name="q"
          aria-label="Conditions, such as service:checkout"
          placeholder="service:checkout status:error"
          defaultValue={q}
        />
        <span className="kbd wide-only">↵</span>
      </label>
    </form>
  )
}

function TraceList({ traces, zone }: { traces: readonly TraceRow[]; zone: string }) {
  const navigate = useNavigate()
  const tenant = useTenant()
  const address = useAddress()
  const rowHeight = useRowHeight()
  const change = useChangeAddress()
  const columns = useMemo(() => traceColumns(zone), [zone])
  const open = ({ trace_id }: TraceRow) =>
    void navigate({ to: `/${tenant}/traces/${trace_id}`, search: carried(address) as never })
  return (
    <section className="panel" aria-label="Traces" style={{ minHeight: 0 }}>
      <VirtualTable
        label="Traces"
        rows={traces}
        columns={columns}
        keyOf={({ trace_id }) => trace_id}
        shown={address.cols}
        onShown={(cols) => change({ cols })}
        rowHeight={rowHeight}
        onSelect={open}
        onOpen={open}
      />
    </section>
  )
}

function traceColumns(zone: string): readonly Column<TraceRow>[] {
  return [
    {
      ...{ id: 'operation', words: 'Request', width: 220, grows: true },
      cell: ({ root_service, root_operation, error_count }) => (
        <>
          <VerdictMark judgement={error_count > 0 ? 'bad' : 'usual'} />
          <span className="m">{root_service}</span>
          <span className="code ell t2">{root_operation}</span>
        </>
      ),
    },
    {
      ...{ id: 'duration', words: 'Duration', width: 96, isNumber: true },
      cell: ({ duration }) => <b className="b">{formatDuration(duration / 1000)}</b>,
    },
    {
      id: 'started',
      words: 'Started',
      width: 120,
      isNumber: true,
      cell: ({ start_time }) => formatClockMs(Date.parse(start_time), zone),
    },
    { id: 'spans', words: 'Spans', width: 72, isNumber: true, cell: ({ span_count }) => formatCount(span_count) },
    {
      ...{ id: 'errors', words: 'Errors', width: 72, isNumber: true },
      cell: ({ error_count }) => <span className={error_count > 0 ? 'err m' : 't3'}>{formatCount(error_count)}</span>,
    },
    {
      id: 'services',
      words: 'Services',
      width: 300,
      cell: ({ services }) => <span className="t2 ell">{services.join(', ')}</span>,
    },
    {
      id: 'id',
      words: 'Trace',
      width: 100,
      cell: ({ trace_id }) => <span className="code t2">{trace_id.slice(0, 8)}</span>,
    },
  ]
}
