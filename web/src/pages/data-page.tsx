import type { IngestHealth } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { latelyRows, ledgerRows } from '../data/ledger.ts'
import { LedgerTable } from '../data/ledger-table.tsx'
import { Rejections } from '../data/rejections.tsx'
import { ScrapeTargets } from '../data/scrape-targets.tsx'
import { SendYourOwn } from '../data/send-your-own.tsx'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { Verdict } from '../parts/verdict.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useAddress, useChangeAddress, useTime } from '../url/use-search.ts'

/** Milliseconds between two looks at the ledger. */
const lookEveryMs = 2000

/** What arrives and what became of it, and how to send more. */
export function DataPage() {
  usePageTitle('Data')
  const { zone } = useTime()
  const asked = useAnswer<IngestHealth>({ path: '/api/ingest/health', everyMs: lookEveryMs })
  const state = usePanelState(asked, ({ entries, message }) =>
    entries.length === 0
      ? {
          kind: 'empty',
          words: message ?? 'Nothing has been received yet.',
          reason: 'The right side shows how to send.',
        }
      : null,
  )
  const rows = ledgerRows(asked.data)
  const { view } = useAddress()
  const change = useChangeAddress()
  const isWhole = view === 'all'
  return (
    <main className="page">
      <div className="data-grid">
        <div className="col" style={{ gap: 12, minWidth: 0 }}>
          <Panel
            title="Ledger"
            sub={isWhole ? 'received = stored + waiting + rejected' : 'what arrived, and what became of it'}
            state={state}
            cost={asked.cost}
            isFlush
            aside={
              <>
                <div className="seg">
                  {[false, true].map((all) => (
                    <button
                      key={String(all)}
                      type="button"
                      aria-pressed={all === isWhole}
                      onClick={() => change({ view: all ? 'all' : undefined })}
                    >
                      {all ? 'Since the start' : 'Last 5 min'}
                    </button>
                  ))}
                </div>
                {asked.data !== undefined &&
                  (asked.data.holds ? (
                    <Verdict judgement="usual" words="Adds up" />
                  ) : (
                    <Verdict judgement="bad" words="Does not add up" />
                  ))}
              </>
            }
          >
            <LedgerTable rows={isWhole ? rows : latelyRows(rows)} nowMs={asked.answeredMs} />
          </Panel>
          <Rejections rows={rows} zone={zone} known={state} />
          <ScrapeTargets />
        </div>
        <SendYourOwn rows={rows} nowMs={asked.answeredMs} />
      </div>
    </main>
  )
}
