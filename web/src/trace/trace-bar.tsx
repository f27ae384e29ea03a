import { create } from 'zustand'
import { Icon } from '../shell/icons.tsx'
import { useAddress, useChangeAddress } from '../url/use-search.ts'

/** How this person looks at traces; kept while the app is open. */
interface TraceOptions {
  readonly hasCritical: boolean
  readonly isFolding: boolean
  readonly hasErrorsOnly: boolean
}

export const useTraceOptions = create<TraceOptions>(() => ({
  hasCritical: true,
  isFolding: true,
  hasErrorsOnly: false,
}))

const views = { waterfall: 'Waterfall', table: 'Span table', logs: 'Logs' } as const
const switches = { hasCritical: 'Critical path', isFolding: 'Fold repeats', hasErrorsOnly: 'Errors only' } as const

/** Views of the trace, the search in it, and what is shown. */
export function TraceBar({ view, logs }: { view: string; logs: number }) {
  const { q = '' } = useAddress()
  const change = useChangeAddress()
  const options = useTraceOptions()
  return (
    <div className="row wrap" style={{ padding: '0 16px 8px' }}>
      <div className="seg small">
        {(Object.keys(views) as (keyof typeof views)[]).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === view}
            onClick={() => change({ view: one === 'waterfall' ? undefined : one })}
          >
            {views[one]}
            {one === 'logs' ? ` ${logs}` : ''}
          </button>
        ))}
      </div>
      <label className="inp" style={{ width: 240, height: 24 }}>
        <Icon name="search" />
        <input
          type="search"
          aria-label="Find in trace"
          placeholder="Find in trace"
          value={q}
          onChange={(event) => change({ q: event.target.value }, 'replace')}
        />
        <span className="kbd wide-only">/</span>
      </label>
      {view === 'waterfall' &&
        (Object.keys(switches) as (keyof TraceOptions)[]).map((one) => (
          <label key={one} className="switch sm wide-only">
            <input
              type="checkbox"
              role="switch"
              className="tog"
              checked={options[one]}
              aria-checked={options[one]}
              onChange={(event) => useTraceOptions.setState({ [one]: event.target.checked })}
            />
            {switches[one]}
          </label>
        ))}
    </div>
  )
}
