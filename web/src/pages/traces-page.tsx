import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import type {
  AttributeComparison,
  AttributeComparisonRequest,
  FilterRequest,
  TraceHeatmap,
  TraceHeatmapRequest,
  TraceSearchAnswer,
} from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import { CostNote, Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { timeRangeOf } from '../services/questions.ts'
import { Icon } from '../shell/icons.tsx'
import { readConditions, scopeConditions } from '../shell/scope-filter.ts'
import { usePageTitle } from '../shell/title.ts'
import type { Column } from '../table/column.ts'
import { useRowHeight } from '../table/use-row-height.ts'
import { VirtualTable } from '../table/virtual-table.tsx'
import type { Span } from '../time/range.ts'
import { formatClockMs } from '../time/zone.ts'
import { BoxComparison } from '../traces/box-comparison.tsx'
import { Failures } from '../traces/failures.tsx'
import { HeatmapPanel } from '../traces/heatmap-panel.tsx'
import { type Box, readBox } from '../traces/selection.ts'
import { carried, useAddress, useChangeAddress, useTenant, useTime } from '../url/use-search.ts'

type TraceRow = TraceSearchAnswer['traces'][number]

const mostTraces = 200

/** Traces of the range: how long they took, what sets some of them apart, and a list; a condition `field:value` narrows all. */
export function TracesPage() {
  usePageTitle('Traces')
  const { span } = useTime()
  const { f, q = '', sort, sel, view } = useAddress()
  const change = useChangeAddress()
  const order = sort === '-duration' ? 'slowest' : 'newest'
  const filters = useMemo(() => scopeConditions([...(f ?? []), ...readConditions(q)]), [f, q])
  const box = useMemo(() => readBox(sel), [sel])
  const heatmap = useAnswer<TraceHeatmap>({
    path: '/api/traces/heatmap',
    body: { time_range: timeRangeOf(span), filters, columns: 120 } satisfies TraceHeatmapRequest,
  })
  const compared = useAnswer<AttributeComparison>({
    path: '/api/traces/attributes',
    body: box === null ? undefined : comparisonOf(box, { span, filters }),
    isWanted: box !== null,
  })
  const listedFilters = useMemo(() => [...filters, ...(box === null ? [] : latencyOf(box))], [filters, box])
  const isErrors = view === 'errors'
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
      </div>
      <HeatmapPanel asked={heatmap} box={box} />
      <div className={box === null ? 'traces-below' : 'traces-below chosen'}>
        {box !== null && <BoxComparison asked={compared} />}
        <div className="traces-list">
          <div className="seg small">
            <button type="button" aria-pressed={!isErrors} onClick={() => change({ view: undefined })}>
              Traces
            </button>
            <button type="button" aria-pressed={isErrors} onClick={() => change({ view: 'errors' })}>
              Errors
            </button>
          </div>
          {isErrors ? (
            <Failures span={box ?? span} filters={listedFilters} />
          ) : (
            <Listed {...{ order, q }} span={box ?? span} filters={listedFilters} isNarrow={box !== null} />
          )}
        </div>
      </div>
    </main>
  )
}

function comparisonOf(
  box: Box,
  { span, filters }: { span: Span; filters: FilterRequest[] },
): AttributeComparisonRequest {
  return {
    ...{ time_range: timeRangeOf(span), filters },
    box: {
      ...{ start: new Date(box.fromMs).toISOString(), end: new Date(box.toMs).toISOString(), min_duration: box.least },
      ...(box.most === null ? {} : { max_duration: box.most }),
    },
  }
}

/** The durations of a box as conditions on requests. */
function latencyOf({ least, most }: Box): FilterRequest[] {
  const field = 'latency'
  return [
    { field, operator: 'gte', value: least },
    ...(most === null ? [] : [{ field, operator: 'lt' as const, value: most }]),
  ]
}

interface ListedProps {
  readonly order: 'newest' | 'slowest'
  readonly q: string
  readonly span: Span
  readonly filters: FilterRequest[]
  readonly isNarrow: boolean
}

function Listed({ order, q, span, filters, isNarrow }: ListedProps) {
  const change = useChangeAddress()
  const asked = useAnswer<TraceSearchAnswer>({
    path: '/api/traces/search',
    body: { time_range: timeRangeOf(span), filters, order, limit: mostTraces },
  })
  const state = usePanelState(asked, ({ traces }) =>
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
  )
  const hasRows = state.kind === 'ready' || state.kind === 'refreshing' || state.kind === 'partial'
  if (!hasRows) return <Panel title="Traces" state={state} />
  return (
    <>
      <TraceList traces={asked.data?.traces ?? []} isNarrow={isNarrow} />
      <div className="row">
        {asked.data?.truncated === true && <span className="t2 sm">the first {mostTraces}</span>}
        <span className="right" />
        {asked.cost !== undefined && <CostNote cost={asked.cost} />}
      </div>
    </>
  )
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

function TraceList({ traces, isNarrow }: { traces: readonly TraceRow[]; isNarrow: boolean }) {
  const { zone } = useTime()
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
        shown={address.cols ?? (isNarrow ? narrowColumns : undefined)}
        onShown={(cols) => change({ cols })}
        rowHeight={rowHeight}
        onSelect={open}
        onOpen={open}
      />
    </section>
  )
}

/** Columns beside the comparison of a box. */
const narrowColumns = ['operation', 'duration', 'started', 'spans']

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
