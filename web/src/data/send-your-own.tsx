import { useEffect, useRef, useState } from 'react'
import { formatRows } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { Verdict } from '../parts/verdict.tsx'
import { Icon } from '../shell/icons.tsx'
import { useAddress, useChangeAddress, useTenant } from '../url/use-search.ts'
import { Keys } from './keys.tsx'
import { type LedgerRow, receiverWords } from './ledger.ts'
import { type Snippet, snippets } from './snippets.ts'

/** How to send, with the address of this very server, and below it what has come that way since the page was opened. */
export function SendYourOwn({ rows, nowMs }: { rows: readonly LedgerRow[]; nowMs: number }) {
  const { view } = useAddress()
  const change = useChangeAddress()
  const tenant = useTenant()
  const chosen = snippets.find(({ id }) => id === view) ?? snippets[0]
  const [key, setKey] = useState<string>()
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
        <CodeBlock text={chosen.text({ origin: location.origin, tenant, ...(key === undefined ? {} : { key }) })} />
      </Panel>
      <SinceOpened snippet={chosen} {...{ rows, nowMs }} />
      <Keys onNew={setKey} />
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

interface SinceOpenedProps {
  readonly snippet: Snippet
  readonly rows: readonly LedgerRow[]
  readonly nowMs: number
}

/** What has come in the way of the snippet since the page was opened, from everyone but the platform itself. */
function SinceOpened({ snippet, rows, nowMs }: SinceOpenedProps) {
  const first = useRef<readonly LedgerRow[] | null>(null)
  if (first.current === null && nowMs > 0) first.current = rows
  const sumsOf = (entries: readonly LedgerRow[]) =>
    signals.map((signal) => {
      const own = entries.filter(
        (row) => row.signal === signal && !row.tenant.startsWith('_') && snippet.receivers.includes(row.receiver),
      )
      const sum = (of: (row: LedgerRow) => number) => own.reduce((total, row) => total + of(row), 0)
      return { in: sum((row) => row.received), kept: sum((row) => row.stored), lost: sum((row) => row.rejected) }
    })
  const sums = sumsOf(rows)
  const start = sumsOf(first.current ?? rows)
  const hasNew = sums.some((sum, at) => sum.in > start[at].in)
  return (
    <Panel
      title="Heard since this page was opened"
      sub={`over ${snippet.receivers.length > 1 && snippet.receivers[0].startsWith('otlp') ? 'OTLP' : receiverWords(snippet.receivers[0])}`}
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
