import { useEffect, useRef, useState } from 'react'
import type { IngestHealth } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatRows } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { Verdict } from '../parts/verdict.tsx'
import { Icon } from '../shell/icons.tsx'
import { useAddress, useChangeAddress, useTenant } from '../url/use-search.ts'
import { Keys, type MadeKey } from './keys.tsx'
import type { LedgerRow } from './ledger.ts'
import { type Snippet, snippets } from './snippets.ts'

/** Milliseconds between two looks at what arrived. */
const lookEveryMs = 2000

/**
 * How to send, with the address of this very server, and below it what has come that way since the page was opened, or
 * with the key that was just made.
 */
export function SendYourOwn() {
  const { view } = useAddress()
  const change = useChangeAddress()
  const tenant = useTenant()
  const chosen = snippets.find(({ id }) => id === view) ?? snippets[0]
  const [made, setMade] = useState<MadeKey>()
  const heard = useAnswer<IngestHealth>({ path: '/api/ingest/health?by=key', everyMs: lookEveryMs })
  const place = { origin: location.origin, tenant, ...(made === undefined ? {} : { key: made.secret }) }
  return (
    <div className="col" style={{ gap: 12, minWidth: 0 }}>
      <Panel title="Send your own data">
        {(['protocol', 'language'] as const).map((row) => (
          <div key={row} className="scroll-x" style={{ paddingBottom: 8 }}>
            <div className="seg small">
              {snippets
                .filter((one) => one.row === row)
                .map(({ id, word }) => (
                  <button key={id} type="button" aria-pressed={id === chosen.id} onClick={() => change({ view: id })}>
                    {word}
                  </button>
                ))}
            </div>
          </div>
        ))}
        <CodeBlock text={chosen.text(place)} />
      </Panel>
      {made === undefined ? (
        <Heard
          title="Heard since this page was opened"
          sub={`over ${overWords(chosen, heard.data)}`}
          rows={heard.data?.entries}
          isCounted={({ tenant: of, receiver }) => !of.startsWith('_') && chosen.receivers.includes(receiver)}
        />
      ) : (
        <Heard
          key={made.secret}
          title="Heard from this key"
          sub={made.name}
          rows={heard.data?.entries}
          isCounted={({ key }) => key === made.name}
        />
      )}
      <Keys heard={heard.data} nowMs={heard.answeredMs} onNew={setMade} />
    </div>
  )
}

function CodeBlock({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [isCopied])
  return (
    <div style={{ position: 'relative' }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keys */}
      <pre className="snippet code" tabIndex={0}>
        {text}
      </pre>
      <button
        type="button"
        className="btn small"
        style={{ position: 'absolute', top: 8, right: 8 }}
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        <Icon name="copy" /> {isCopied ? 'Copied' : 'Copy'}
      </button>
    </div>
  )
}

const signals = ['metrics', 'logs', 'traces'] as const

/** The protocol of a snippet, in the words of the server. */
function overWords({ receivers: [first, second] }: Snippet, health: IngestHealth | undefined): string {
  if (second !== undefined && first.startsWith('otlp')) return 'OTLP'
  return health?.receivers.find(({ receiver }) => receiver === first)?.title ?? first.replaceAll('_', ' ')
}

interface HeardProps {
  readonly title: string
  readonly sub: string
  /** The ledger by key. */
  readonly rows: readonly LedgerRow[] | undefined
  readonly isCounted: (row: LedgerRow) => boolean
}

/** What has come by signal since this panel is shown. */
function Heard({ title, sub, rows, isCounted }: HeardProps) {
  const first = useRef(rows)
  first.current ??= rows
  const sums = sumsOf((rows ?? []).filter(isCounted))
  const start = sumsOf((first.current ?? []).filter(isCounted))
  const hasNew = sums.some((sum, at) => sum.in > start[at].in)
  return (
    <Panel
      title={title}
      sub={sub}
      isFlush
      aside={
        <span style={{ flex: 'none' }}>
          <Verdict judgement={hasNew ? 'mended' : 'none'} words={hasNew ? 'data is arriving' : 'waiting for data'} />
        </span>
      }
    >
      <table className="table">
        <tbody>
          {signals.map((signal, at) => (
            <tr key={signal}>
              <td className="m">{signal === 'traces' ? 'Spans' : signal === 'logs' ? 'Logs' : 'Metrics'}</td>
              <td className="n">
                <span className="t3 sm">in</span> {formatRows(sums[at].in - start[at].in)}
              </td>
              <td className="n">
                <span className="t3 sm">kept</span> {formatRows(sums[at].kept - start[at].kept)}
              </td>
              <td className="n">
                <span className="t3 sm">rejected</span> {formatRows(sums[at].lost - start[at].lost)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function sumsOf(entries: readonly LedgerRow[]) {
  return signals.map((signal) => {
    const own = entries.filter((row) => row.signal === signal)
    const sum = (of: (row: LedgerRow) => number) => own.reduce((total, row) => total + of(row), 0)
    return { in: sum((row) => row.received), kept: sum((row) => row.stored), lost: sum((row) => row.rejected) }
  })
}
