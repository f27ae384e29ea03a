import type { IngestHealth } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { groupings, latelyRows, ledgerRows, silentReceivers } from '../data/ledger.ts'
import { LedgerTable } from '../data/ledger-table.tsx'
import { Rejections } from '../data/rejections.tsx'
import { ScrapeTargets } from '../data/scrape-targets.tsx'
import { SendYourOwn } from '../data/send-your-own.tsx'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { usePageTitle } from '../shell/title.ts'
import { useAddress, useChangeAddress, useTime } from '../url/use-search.ts'

/** Milliseconds between two looks at the ledger. */
const lookEveryMs = 2000

const pathBy = {
  receiver: '/api/ingest/health',
  sender: '/api/ingest/health?by=sender',
  key: '/api/ingest/health?by=key',
} as const
const words = { receiver: 'By protocol', sender: 'By sender', key: 'By key' } as const

/** What arrives and what became of it, and how to send more. */
export function DataPage() {
  usePageTitle('Data')
  const { zone } = useTime()
  const { view, group } = useAddress()
  const change = useChangeAddress()
  const by = groupings.find((one) => one === group) ?? 'receiver'
  const asked = useAnswer<IngestHealth>({ path: pathBy[by], everyMs: lookEveryMs })
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
  const isWhole = view === 'all'
  return (
    <main className="page">
      <div className="data-grid">
        <div className="col" style={{ gap: 12, minWidth: 0 }}>
          <Panel
            title="Ledger"
            state={state}
            cost={asked.cost}
            isFlush
            aside={
              <>
                <div className="seg">
                  {groupings.map((one) => (
                    <button
                      key={one}
                      type="button"
                      aria-pressed={one === by}
                      onClick={() => change({ group: one === 'receiver' ? undefined : one })}
                    >
                      {words[one]}
                    </button>
                  ))}
                </div>
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
              </>
            }
          >
            <LedgerTable
              rows={isWhole ? rows : latelyRows(rows)}
              by={by}
              places={asked.data?.receivers ?? []}
              silent={silentReceivers(asked.data)}
              holds={asked.data?.holds !== false}
              nowMs={asked.answeredMs}
            />
          </Panel>
          <Rejections rows={rows} zone={zone} known={state} />
          <ScrapeTargets />
        </div>
        <SendYourOwn />
      </div>
    </main>
  )
}
