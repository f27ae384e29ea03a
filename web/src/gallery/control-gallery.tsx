import {
  formatAgainstUsual,
  formatBitRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
} from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { Sparkline } from '../parts/sparkline.tsx'
import { type Judgement, Verdict } from '../parts/verdict.tsx'
import { Icon } from '../shell/icons.tsx'
import { course } from './seeded.ts'

const grounds = ['bg', 'surface', 'surface-2', 'surface-3', 'line', 'line-2', 'ctl', 'text', 'text-2', 'text-3']
const meanings = [
  'accent',
  'err',
  'err-fill',
  'warn',
  'warn-fill',
  'ok',
  'ok-fill',
  'neutral-fill',
  'q50',
  'q95',
  'q99',
]
const series = Array.from({ length: 10 }, (_, at) => `s${at + 1}`)

export function TokenGallery() {
  return (
    <Panel title="Tokens">
      {[grounds, meanings, series].map((names) => (
        <div key={names[0]} className="row wrap" style={{ marginBottom: 8 }}>
          {names.map((name) => (
            <span key={name} className="row code" style={{ gap: 4 }}>
              <i
                style={{
                  width: 20,
                  height: 12,
                  background: `var(--${name})`,
                  border: '1px solid var(--line-2)',
                  borderRadius: 2,
                }}
              />
              {name}
            </span>
          ))}
        </div>
      ))}
    </Panel>
  )
}

const verdicts: readonly [Judgement, string][] = [
  ['bad', 'p95 11 × last week'],
  ['watch', 'lag 4,120'],
  ['usual', 'Usual'],
  ['none', 'no data for 22 min'],
  ['new', 'new'],
  ['mended', 'back to usual 14:31'],
]

export function ControlGallery() {
  return (
    <Panel title="Controls">
      <div className="row wrap" style={{ marginBottom: 12 }}>
        {verdicts.map(([judgement, words]) => (
          <Verdict key={words} judgement={judgement} words={words} />
        ))}
      </div>
      <div className="row wrap" style={{ marginBottom: 12 }}>
        <button type="button" className="btn pri">
          Run
        </button>
        <button type="button" className="btn">
          Share
        </button>
        <button type="button" className="btn ghost">
          Cancel
        </button>
        <button type="button" className="btn danger">
          Delete…
        </button>
        <button type="button" className="btn" disabled>
          Disabled
        </button>
      </div>
      <div className="row wrap" style={{ marginBottom: 12 }}>
        <div className="seg">
          <button type="button" aria-pressed="true">
            Box
          </button>
          <button type="button" aria-pressed="false">
            Slow / fast
          </button>
        </div>
        <label className="switch">
          <input type="checkbox" role="switch" className="tog" defaultChecked aria-checked="true" /> Live
        </label>
        <label className="switch">
          <input type="checkbox" role="switch" className="tog" aria-checked="false" /> Off
        </label>
      </div>
      <div className="row wrap">
        <span className="chip">
          <span className="k">env</span> production
        </span>
        <span className="chip on">focus payment</span>
        <span className="chip neg">team: any</span>
        <span className="chip line">
          <Icon name="plus" size={12} /> Filter
        </span>
        <span className="kbd">⌘K</span>
        <Sparkline values={course(61, 40)} />
        <Sparkline values={course(62, 10, 90)} tone="bad" />
        <Sparkline values={course(63, 10, 40).map((value, at) => (at > 30 && at < 50 ? null : value))} tone="watch" />
      </div>
    </Panel>
  )
}

const numbers: readonly [string, string[]][] = [
  ['counts', [0, 0.034, 40.8, 41_200, 99_999, 146_000, 31_400_000].map(formatCount)],
  ['durations', [0.012, 0.4, 310, 999, 2500, 90_000, 7_200_000, 3e8].map(formatDuration)],
  ['bytes', [512, 1024, 432_013_312, 3.4e9].map(formatBytes)],
  ['bit rates', [2_500_000].map(formatBitRate)],
  ['rates', [40.8].map(formatRate)],
  ['percent', [0, 0.0194, 0.96].map(formatPercent)],
  [
    'usual',
    [
      formatAgainstUsual(2000, 182),
      formatAgainstUsual(40, 41),
      formatAgainstUsual(18, 45),
      formatAgainstUsual(1, null),
    ],
  ],
]

export function NumberGallery() {
  return (
    <Panel title="Numbers">
      <dl className="kv">
        {numbers.map(([words, texts]) => (
          <NumberLine key={words} words={words} texts={texts} />
        ))}
      </dl>
    </Panel>
  )
}

function NumberLine({ words, texts }: { words: string; texts: string[] }) {
  return (
    <>
      <dt>{words}</dt>
      <dd>{texts.join(' · ')}</dd>
    </>
  )
}
