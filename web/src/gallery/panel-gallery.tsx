import { TimeSeries } from '../charts/time-series.tsx'
import { Panel, type PanelState } from '../parts/panel.tsx'
import { showToast } from '../state/toasts.ts'
import { withGap } from './seeded.ts'

const say = (words: string) => ({ words, run: () => showToast(`${words}: chosen`) })

const states: readonly [string, PanelState][] = [
  ['loading, after 150 ms', { kind: 'loading' }],
  [
    'slow, after 2 s',
    { kind: 'slow', words: 'Reading 1.2 of 3.4 GB', share: 0.35, actions: [say('Stop'), say('Narrow to 15 min')] },
  ],
  ['refreshing: the old answer stays', { kind: 'refreshing', since: '14:19:40' }],
  ['partial', { kind: 'partial', words: '2 of 3 shards', reason: '2 of 3 shards answered. Counts may be low.' }],
  [
    'empty with reason',
    {
      kind: 'empty',
      words: 'No refunds in this range',
      reason: 'Last sample 12:51.',
      actions: [say('Widen to 3 hours')],
    },
  ],
  ['never any data', { kind: 'unknown', words: 'No metric refunds_totl', nearest: say('refunds_total') }],
  [
    'error with a fix',
    {
      kind: 'error',
      words: 'Unknown function rat',
      where: (
        <span className="code">
          sum(<span className="wavy err">rat</span>(refunds[5m]))
        </span>
      ),
      actions: [say('Use rate'), say('Edit query')],
    },
  ],
  [
    'asks first: costly',
    {
      kind: 'costly',
      words: '412 GB, about 40 s. Over 50 GB asks first.',
      actions: [say('Run anyway'), say('Sample 1 %, 0.6 s')],
    },
  ],
]

/** The frame of a panel in its eight states. */
export function PanelGallery() {
  return (
    <section aria-label="Panel frame">
      <h2 style={{ marginBottom: 8 }}>Panel frame: eight states</h2>
      <div className="grid" style={{ gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 260px), 1fr))' }}>
        {states.map(([words, state]) => (
          <div key={words} className="col" style={{ gap: 4 }}>
            <div style={{ display: 'grid', height: 152 }}>
              <Panel title="Refunds" label={`Refunds, ${words}`} state={state}>
                <TimeSeries title="Refunds" data={withGap} zone="utc" height={88} />
              </Panel>
            </div>
            <span className="t3 sm">{words}</span>
          </div>
        ))}
      </div>
    </section>
  )
}
