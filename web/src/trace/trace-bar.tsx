import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { formatCount } from '../format/number.ts'
import { Icon } from '../shell/icons.tsx'
import { useAddress, useChangeAddress } from '../url/use-search.ts'

/** How the rows of a trace are shown. */
interface TraceOptions {
  readonly hasCritical: boolean
  readonly isFolding: boolean
  readonly hasErrorsOnly: boolean
}

/** Words of `type=` in the address for what differs from the usual: path marked, repeats folded, all spans. */
const unusual = { hasCritical: 'plain', isFolding: 'unfolded', hasErrorsOnly: 'errors' } as const
const usualOptions: TraceOptions = { hasCritical: true, isFolding: true, hasErrorsOnly: false }

/** The options that the address holds, and how to turn one over. */
export function useTraceOptions(): TraceOptions & { readonly turn: (option: keyof TraceOptions) => void } {
  const { type = '' } = useAddress()
  const change = useChangeAddress()
  const turn = useCallback(
    (option: keyof TraceOptions) => {
      const word = unusual[option]
      const words = type.split(',').filter((one) => one !== '')
      const next = words.includes(word) ? words.filter((one) => one !== word) : [...words, word].sort()
      change({ type: next.join(',') })
    },
    [type, change],
  )
  return useMemo(() => {
    const words = new Set(type.split(','))
    const has = (option: keyof TraceOptions) => usualOptions[option] !== words.has(unusual[option])
    return { hasCritical: has('hasCritical'), isFolding: has('isFolding'), hasErrorsOnly: has('hasErrorsOnly'), turn }
  }, [type, turn])
}

const views = {
  waterfall: 'Waterfall',
  flame: 'Flame graph',
  table: 'Span table',
  graph: 'Graph',
  logs: 'Logs',
  differences: 'Differences',
  json: 'JSON',
} as const
export type TraceViewName = keyof typeof views | 'critical'
const switches = { hasCritical: 'Critical path', isFolding: 'Fold repeats', hasErrorsOnly: 'Errors only' } as const
const phoneViews: readonly TraceViewName[] = ['critical', 'waterfall', 'logs']

const phone = '(max-width: 599px)'

/** The page is as narrow as a phone. */
export function useIsPhone(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(phone).matches)
}

function subscribe(changed: () => void): () => void {
  const media = matchMedia(phone)
  media.addEventListener('change', changed)
  return () => media.removeEventListener('change', changed)
}

/** The view that the address names; on a phone the critical path comes first. */
export function useTraceView(): TraceViewName {
  const { view } = useAddress()
  const isPhone = useIsPhone()
  if (view === undefined || !(view in views || view === 'critical')) return isPhone ? 'critical' : 'waterfall'
  return view as TraceViewName
}

interface TraceBarProps {
  readonly view: TraceViewName
  readonly spans: number
  readonly logs: number | undefined
  readonly found: number
}

/** Views of the trace, the search in it, and what is shown. */
export function TraceBar({ view, spans, logs, found }: TraceBarProps) {
  const { q = '', cmp } = useAddress()
  const change = useChangeAddress()
  const options = useTraceOptions()
  const isPhone = useIsPhone()
  const offered = isPhone
    ? phoneViews
    : (Object.keys(views) as TraceViewName[]).filter((one) => one !== 'differences' || cmp !== undefined)
  const words = (one: TraceViewName) => {
    if (one === 'logs') return logs === undefined ? 'Logs' : `Logs ${formatCount(logs)}`
    if (one === 'critical') return 'Critical path'
    return isPhone ? `All ${formatCount(spans)}` : views[one]
  }
  const first = isPhone ? 'critical' : 'waterfall'
  return (
    <div className="row wrap trace-bar">
      <div className="seg small">
        {offered.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === view}
            onClick={() => change({ view: one === first ? undefined : one })}
          >
            {words(one)}
          </button>
        ))}
      </div>
      {(view === 'waterfall' || view === 'critical') && (
        <label className="inp wide-only" style={{ width: 240, height: 24 }}>
          <Icon name="search" />
          <input
            type="search"
            aria-label="Find in trace"
            placeholder="Find in trace"
            value={q}
            onChange={(event) => change({ q: event.target.value }, 'replace')}
          />
          {q === '' ? <span className="kbd">/</span> : <span className="t3 sm">{formatCount(found)}</span>}
        </label>
      )}
      {view === 'waterfall' &&
        (Object.keys(switches) as (keyof TraceOptions)[]).map((one) => (
          <label key={one} className="switch sm wide-only">
            <input
              type="checkbox"
              role="switch"
              className="tog"
              checked={options[one]}
              aria-checked={options[one]}
              onChange={() => options.turn(one)}
            />
            {switches[one]}
          </label>
        ))}
    </div>
  )
}
