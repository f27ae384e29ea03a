import { useCallback, useEffect, useMemo } from 'react'
import type { LogRecord, TraceComparison, TraceOverview } from '../../../contract/index.ts'
import { formatCount } from '../format/number.ts'
import { type KeyBinding, useKeys } from '../keys/key-map.ts'
import { useAddress, useChangeAddress } from '../url/use-search.ts'
import { HealthyLane } from './lanes/healthy-lane.tsx'
import { LogLane } from './lanes/log-lane.tsx'
import { MetricLanes } from './lanes/metric-lanes.tsx'
import { OtherTrace } from './other-trace.tsx'
import { useTraceOptions } from './trace-bar.tsx'
import { instantMs, windowOf } from './trace-model.ts'
import { useCompared, useToggleCompare } from './use-comparison.ts'
import { type RowOrder, useDrawnPages, usePlace, useRows, useSeek } from './use-rows.ts'
import { useSpanHeight } from './use-span-height.ts'
import { Waterfall } from './waterfall.tsx'

interface TraceWaterfallProps {
  readonly trace: TraceOverview
  readonly order: RowOrder
  readonly logs: readonly LogRecord[]
  readonly healthy: TraceComparison | undefined
  readonly onFound: (found: number) => void
}

/** The order in which the address lists the rows. */
export function useOrder(onlyCritical: boolean): RowOrder {
  const { fold, q = '', group } = useAddress()
  const { isFolding, hasErrorsOnly } = useTraceOptions()
  return useMemo(
    () => ({
      closed: [...(fold ?? [])],
      repeats: isFolding ? 'fold' : 'show',
      only: onlyCritical ? 'critical' : hasErrorsOnly ? 'errors' : 'all',
      services: group === undefined ? [] : [group],
      words: q,
    }),
    [fold, q, group, isFolding, hasErrorsOnly, onlyCritical],
  )
}

/** The selected span: the innermost side panel, where that is a span. */
function useSelectedSpan(): string | undefined {
  const top = useAddress().panel?.at(-1)
  return top?.startsWith('span:') ? top.slice('span:'.length) : undefined
}

/** The waterfall with its lanes and its keys. */
export function TraceWaterfall({ trace, order, logs, healthy, onFound }: TraceWaterfallProps) {
  const { win, fold } = useAddress()
  const change = useChangeAddress()
  const options = useTraceOptions()
  const rowHeight = useSpanHeight()
  const { pages, onDrawn } = useDrawnPages()
  const id = trace.trace_id
  const rows = useRows({ id, order, pages })
  useEffect(() => onFound(rows.found), [rows.found, onFound])
  const selected = useSelectedSpan()
  const place = usePlace({ id, order, span: selected })
  const here = selected === undefined ? -1 : rows.placeOf(selected)
  const at = here >= 0 ? here : (place ?? -1)
  const select = useCallback(
    (span: string) => change({ panel: [`span:${span}`] }, selected === undefined ? 'push' : 'replace'),
    [change, selected],
  )
  const closed = useMemo(() => new Set(fold ?? []), [fold])
  const toggle = (one: string) =>
    change({ fold: closed.has(one) ? [...closed].filter((other) => other !== one) : [...closed, one] }, 'replace')
  const durationMs = Math.max(trace.duration / 1000, 0.001)
  const shown = useMemo(() => windowOf(win, durationMs), [win, durationMs])
  const logsBySpan = useMemo(() => bySpan(logs), [logs])
  const services = useMemo(() => trace.services.map(({ name }) => name), [trace])
  const compared = useCompared()
  useTraceKeys({ trace, order, selected, select })
  const traceStartMs = instantMs(trace.start_time)
  return (
    <>
      <Waterfall
        {...{ shown, rowHeight, selected, at, closed, services, traceStartMs, onDrawn }}
        {...{ total: rows.total, rowAt: rows.rowAt }}
        hasCritical={options.hasCritical}
        logs={logsBySpan}
        words={`${formatCount(trace.span_count)} spans, ${formatCount(rows.total)} rows`}
        onSelect={select}
        onToggle={toggle}
      />
      {compared !== null ? (
        <OtherTrace key={compared.with} {...{ compared, shown, services }} />
      ) : (
        <HealthyLane comparison={healthy} shown={shown} />
      )}
      <LogLane logs={logs} shown={shown} traceStartMs={traceStartMs} onSelect={select} />
      <MetricLanes {...{ trace, selected, shown, traceStartMs }} />
    </>
  )
}

interface TraceKeys {
  readonly trace: TraceOverview
  readonly order: RowOrder
  readonly selected: string | undefined
  readonly select: (id: string) => void
}

function useTraceKeys({ trace, order, selected, select }: TraceKeys): void {
  const seek = useSeek(trace.trace_id, order)
  const { turn } = useTraceOptions()
  const change = useChangeAddress()
  const { group } = useAddress()
  const toggleCompare = useToggleCompare()
  const go = (what: Parameters<typeof seek>[0], step: 1 | -1) => {
    // An answer that never comes leaves the selection where it is; the page says that the connection is lost.
    seek(what, step, selected).then(
      (span) => span !== null && select(span),
      () => {},
    )
  }
  const names = trace.services.map(({ name }) => name)
  const nextService = () => names[group === undefined ? 0 : names.indexOf(group) + 1]
  const key = (keys: string, words: string, run: () => void): KeyBinding => ({ keys, words, run, group: 'trace' })
  useKeys([
    key('n', 'Next on the critical path', () => go('critical', 1)),
    key('shift+n', 'The one before on the critical path', () => go('critical', -1)),
    key('e', 'Next error', () => go('error', 1)),
    key('shift+e', 'Error before', () => go('error', -1)),
    key('c', 'Critical path on or off', () => turn('hasCritical')),
    key('j', 'Next line', () => go('row', 1)),
    key('k', 'Line before', () => go('row', -1)),
    key('.', 'Next that was found', () => go('found', 1)),
    key('shift+>', 'The one before that was found', () => go('found', -1)),
    key('m', 'Compare with a healthy trace', toggleCompare),
    key('s', 'Only the next service, then all again', () => change({ group: nextService() })),
    key('l', 'Log records', () => change({ view: 'logs' })),
  ])
}

function bySpan(logs: readonly LogRecord[]): Map<string, LogRecord[]> {
  const found = new Map<string, LogRecord[]>()
  for (const log of logs) {
    const own = found.get(log.span_id)
    if (own === undefined) found.set(log.span_id, [log])
    else own.push(log)
  }
  return found
}
