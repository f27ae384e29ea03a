import { type FormEvent, useState } from 'react'
import { refreshNow } from '../state/view-store.ts'
import { absoluteRange, resolveBound, type TimeRange } from '../time/range.ts'
import { readTypedRange } from '../time/typed-range.ts'
import { formatStamp, zoneName } from '../time/zone.ts'
import { useAddress, useChangeAddress, useTime } from '../url/use-search.ts'
import { Calendar } from './calendar.tsx'

const presets = [
  ['Last 5 minutes', '5m'],
  ['Last 15 minutes', '15m'],
  ['Last 1 hour', '1h'],
  ['Last 6 hours', '6h'],
  ['Last 24 hours', '1d'],
  ['Last 7 days', '7d'],
  ['Today', 'today'],
  ['Yesterday', 'yesterday'],
] as const

/** Everything to choose a range: typed, presets, two fields, a calendar, the zone. */
export function TimePopover({ onDone }: { onDone: () => void }) {
  const { range, nowMs, zone } = useTime()
  const change = useChangeAddress()
  const choose = ({ from, to }: TimeRange) => {
    refreshNow()
    change({ from, to })
    onDone()
  }
  const chooseTyped = (text: string) => {
    const read = readTypedRange(text, { nowMs: Date.now(), zone })
    if ('range' in read) choose(read.range)
  }
  return (
    <div className="time-pop">
      <div className="time-presets">
        {presets.map(([words, short]) => (
          <button
            key={short}
            type="button"
            aria-pressed={range.to === 'now' && range.from === `now-${short}`}
            onClick={() => chooseTyped(short)}
          >
            {words}
            <span className="code t2" aria-hidden="true">
              {/\d/.test(short) ? short : ''}
            </span>
          </button>
        ))}
      </div>
      <div className="time-form">
        <TypedRange onChoose={choose} />
        <TwoFields onChoose={choose} />
        <Calendar onChoose={(day) => chooseTyped(`${day} 00:00 to ${day} 23:59:59`)} />
      </div>
      <div className="time-foot">
        <ZoneChoice />
        <span className="t2 sm">UTC {absoluteRange(useTime().span, 'utc', nowMs)}</span>
        <span className="right row sm t2 wide-only">
          <span className="kbd">t</span> open <span className="kbd">[</span>
          <span className="kbd">]</span> earlier, later <span className="kbd">z</span> wider
        </span>
      </div>
    </div>
  )
}

function TypedRange({ onChoose }: { onChoose: (range: TimeRange) => void }) {
  const { zone } = useTime()
  const [text, setText] = useState('')
  const read = readTypedRange(text, { nowMs: Date.now(), zone })
  const fault = 'fault' in read && text !== '' ? read.fault : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if ('range' in read) onChoose(read.range)
  }
  return (
    <form onSubmit={submit}>
      <label className="lab" htmlFor="typed-range">
        Type it
      </label>
      <span className="inp code">
        <input
          id="typed-range"
          // biome-ignore lint/a11y/noAutofocus: the person has just opened this popover to type
          autoFocus
          value={text}
          placeholder="last 2h"
          aria-invalid={fault !== null}
          aria-describedby="typed-range-words"
          onChange={(event) => setText(event.target.value)}
        />
      </span>
      <p
        id="typed-range-words"
        className={`sm ${fault === null ? 't3' : 'err'}`}
        style={{ marginTop: 4, minHeight: 16 }}
      >
        {fault ?? typedWords(read, text, zone)}
      </p>
    </form>
  )
}

function typedWords(read: ReturnType<typeof readTypedRange>, text: string, zone: string): string {
  if (text === '' || 'fault' in read) return 'also: 2h ago · 14:00-14:30 · yesterday 9am to 11am · 1795436400 · now-90m'
  const now = Date.now()
  const fromMs = resolveBound(read.range.from, now)
  const toMs = resolveBound(read.range.to, now)
  return fromMs === null || toMs === null ? '' : `↵ shows ${absoluteRange({ fromMs, toMs }, zone, now)}`
}

function TwoFields({ onChoose }: { onChoose: (range: TimeRange) => void }) {
  const { span, zone } = useTime()
  const [from, setFrom] = useState(formatStamp(span.fromMs, zone))
  const [to, setTo] = useState(formatStamp(span.toMs, zone))
  const read = readTypedRange(`${from} to ${to}`, { nowMs: Date.now(), zone })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if ('range' in read) onChoose(read.range)
  }
  return (
    <form onSubmit={submit}>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <label className="grow">
          <span className="lab">From</span>
          <span className="inp">
            <input value={from} onChange={(event) => setFrom(event.target.value)} />
          </span>
        </label>
        <label className="grow">
          <span className="lab">To</span>
          <span className="inp">
            <input value={to} onChange={(event) => setTo(event.target.value)} />
          </span>
        </label>
        <button type="submit" className="btn" disabled={'fault' in read}>
          Show
        </button>
      </div>
    </form>
  )
}

function ZoneChoice() {
  const { tz } = useAddress()
  const change = useChangeAddress()
  const own = zoneName('local')
  return (
    <label className="row sm">
      <span className="t2">Time zone</span>
      <select className="inp" value={tz ?? ''} onChange={(event) => change({ tz: event.target.value || undefined })}>
        <option value="">{own} (yours)</option>
        {own !== 'UTC' && <option value="utc">UTC</option>}
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone}>
            {zone}
          </option>
        ))}
      </select>
    </label>
  )
}
