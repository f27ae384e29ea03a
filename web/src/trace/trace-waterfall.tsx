import { useMemo } from 'react'
import type { LogRecord, SpanNode, TraceAnswer } from '../../../contract/index.ts'
import { formatCount } from '../format/number.ts'
import { type KeyBinding, useKeys } from '../keys/key-map.ts'
import { useAddress, useChangeAddress } from '../url/use-search.ts'
import { LogLane } from './log-lane.tsx'
import { Minimap } from './minimap.tsx'
import { useTraceOptions } from './trace-bar.tsx'
import { instantMs, matches, traceRows } from './trace-model.ts'
import { useSpanHeight } from './use-span-height.ts'
import { Waterfall, type Window } from './waterfall.tsx'

/** The waterfall with its overview, its lanes and its keys. */
export function TraceWaterfall({ trace, spans }: { trace: TraceAnswer; spans: readonly SpanNode[] }) {
  const address = useAddress()
  const change = useChangeAddress()
  const options = useTraceOptions()
  const rowHeight = useSpanHeight()
  const closed = useMemo(() => new Set(address.fold ?? []), [address.fold])
  const { isFolding, hasErrorsOnly } = options
  const rows = useMemo(
    () => traceRows(trace, { isFolding, hasErrorsOnly, closed }),
    [trace, isFolding, hasErrorsOnly, closed],
  )
  const logs = useMemo(() => bySpan(trace.correlated_logs ?? []), [trace])
  const found = useFound(spans, address.q ?? '')
  const durationMs = Math.max(trace.duration / 1000, 0.001)
  const shown: Window =
    address.win === undefined
      ? { fromMs: 0, toMs: durationMs }
      : { fromMs: address.win[0] * 1000, toMs: address.win[1] * 1000 }
  const selected = address.panel?.at(-1)?.replace(/^span:/, '')
  const select = (id: string) => change({ panel: [`span:${id}`] }, selected === undefined ? 'push' : 'replace')
  const toggle = (id: string) =>
    change({ fold: closed.has(id) ? [...closed].filter((one) => one !== id) : [...closed, id] }, 'replace')
  useTraceKeys({ spans: rows.map(({ span }) => span), selected, select, found })
  const traceStartMs = instantMs(trace.start_time)
  return (
    <>
      <div style={{ padding: '0 16px 8px' }}>
        <Minimap
          rows={rows}
          durationMs={durationMs}
          shown={shown}
          onWindow={(next) =>
            change({ win: next === null ? undefined : [round(next.fromMs / 1000), round(next.toMs / 1000)] })
          }
        />
      </div>
      <Waterfall
        {...{ rows, shown, rowHeight, selected, closed, found, logs, traceStartMs }}
        services={trace.services}
        hasCritical={options.hasCritical}
        words={`${formatCount(trace.span_count)} spans, ${formatCount(rows.length)} shown`}
        onSelect={select}
        onToggle={toggle}
      />
      <LogLane logs={trace.correlated_logs ?? []} shown={shown} traceStartMs={traceStartMs} onSelect={select} />
    </>
  )
}

function useFound(spans: readonly SpanNode[], words: string): ReadonlySet<string> {
  return useMemo(
    () =>
      words === '' ? new Set() : new Set(spans.filter((span) => matches(span, words)).map(({ span_id }) => span_id)),
    [spans, words],
  )
}

interface TraceKeys {
  readonly spans: readonly SpanNode[]
  readonly selected: string | undefined
  readonly select: (id: string) => void
  readonly found: ReadonlySet<string>
}

function useTraceKeys({ spans, selected, select, found }: TraceKeys): void {
  /** The next span that fits, from the selected one on, around the end. */
  const go = (step: 1 | -1, fits: (span: SpanNode) => boolean) => {
    const at = spans.findIndex(({ span_id }) => span_id === selected)
    for (let moved = 1; moved <= spans.length; moved += 1) {
      const span =
        spans[((((at < 0 && step < 0 ? 0 : at) + step * moved) % spans.length) + spans.length) % spans.length]
      if (fits(span)) return select(span.span_id)
    }
  }
  const isCritical = ({ critical_time }: SpanNode) => critical_time > 0
  const isError = ({ status, marks }: SpanNode) => status === 'error' || marks.includes('culprit')
  const key = (keys: string, words: string, run: () => void): KeyBinding => ({ keys, words, run, group: 'trace' })
  useKeys([
    key('n', 'Next on the critical path', () => go(1, isCritical)),
    key('shift+n', 'The one before on the critical path', () => go(-1, isCritical)),
    key('e', 'Next error', () => go(1, isError)),
    key('shift+e', 'Error before', () => go(-1, isError)),
    key('c', 'Critical path on or off', () =>
      useTraceOptions.setState(({ hasCritical }) => ({ hasCritical: !hasCritical })),
    ),
    key('j', 'Next line', () => go(1, () => true)),
    key('k', 'Line before', () => go(-1, () => true)),
    key('m', 'Next that was found', () => go(1, ({ span_id }) => found.has(span_id))),
  ])
}

function bySpan(logs: readonly LogRecord[]): Map<string, LogRecord[]> {
  const found = new Map<string, LogRecord[]>()
  for (const log of logs) found.set(log.span_id, [...(found.get(log.span_id) ?? []), log])
  return found
}

function round(seconds: number): number {
  return Number(seconds.toPrecision(6))
}
