import type { ChangeAnswer } from '../../../contract/index.ts'
import { formatAgainstUsual, formatDuration, formatPercent, formatRate } from '../format/number.ts'
import { formatClock } from '../time/zone.ts'

/** The value of a change with its unit. */
export function valueWords({ kind, value }: ChangeAnswer): string {
  return figureWords(kind, value)
}

/** What is usual in its place; empty where nothing is. */
export function usualWords({ kind, usual }: ChangeAnswer): string {
  return usual === null ? '' : `usual ${figureWords(kind, usual)}`
}

function figureWords(kind: ChangeAnswer['kind'], figure: number | null): string {
  if (kind === 'latency') return formatDuration(figure === null ? null : figure / 1000)
  if (kind === 'errors') return formatPercent(figure)
  return formatRate(figure)
}

/** `× 8.1` without the sign, for sentences. */
function timesWords({ value, usual }: ChangeAnswer): string {
  return formatAgainstUsual(value, usual).replace('× ', '')
}

/** The verdict in a few words, a claim with a number: `p95 8.1 × usual`. */
export function claimWords(change: ChangeAnswer, zone: string): string {
  if (change.until !== null) return `${pastWords(change)} until ${formatClock(Date.parse(change.until), zone)}`
  const since = formatClock(Date.parse(change.at), zone)
  switch (change.kind) {
    case 'latency':
      return `p95 ${timesWords(change)} × usual`
    case 'errors':
      return `${valueWords(change)} errors`
    case 'rate':
      return `requests ${timesWords(change)} × usual`
    case 'gone':
      return `no requests since ${since}`
    case 'new':
      return `new since ${since}`
    case 'deploy':
      return `${change.version} since ${since}`
  }
}

/** Subject and verb, as a heading: `checkout is slow`. */
export function headingOf(change: ChangeAnswer): string {
  const { kind, service, until, value, usual } = change
  const was = until !== null
  switch (kind) {
    case 'latency':
      return `${service} ${was ? 'was' : 'is'} slow`
    case 'errors':
      return was ? `${service} failed` : `${service} fails`
    case 'rate': {
      const isMore = (value ?? 0) > (usual ?? 0)
      return `${service} ${was ? 'got' : 'gets'} ${isMore ? 'many more' : 'far fewer'} requests`
    }
    case 'gone':
      return `${service} stopped sending spans`
    case 'new':
      return `${service} is new`
    case 'deploy':
      return `${service} ${change.version} deployed`
  }
}

/** One line of evidence below the heading. */
export function evidenceOf(change: ChangeAnswer, zone: string): string {
  const at = formatClock(Date.parse(change.at), zone)
  const until = change.until === null ? null : formatClock(Date.parse(change.until), zone)
  const when = until === null ? `since ${at}` : `from ${at} to ${until}, now as usual`
  switch (change.kind) {
    case 'latency':
      return `p95 ${valueWords(change)}, ${usualWords(change)} · ${when}`
    case 'errors':
      return `${valueWords(change)} of requests, ${usualWords(change)} · ${when}`
    case 'rate':
      return `${valueWords(change)}, ${usualWords(change)} · ${when}`
    case 'gone':
      return `last seen ${at}`
    case 'new':
      return `first seen ${at}`
    case 'deploy':
      return `${at}, after ${change.previous} · nothing that stands out came with it`
  }
}

function pastWords(change: ChangeAnswer): string {
  switch (change.kind) {
    case 'errors':
      return `${valueWords(change)} errors`
    case 'rate':
      return `requests ${timesWords(change)} ×`
    default:
      return `p95 ${timesWords(change)} ×`
  }
}

/** A change as one entry of a story: what happened, and the figure. */
export function entryOf(change: ChangeAnswer): { readonly words: string; readonly figure: string } {
  if (change.kind === 'deploy') return { words: `${change.version} deployed`, figure: `after ${change.previous}` }
  if (change.kind === 'new') return { words: 'is new', figure: '' }
  if (change.kind === 'gone') return { words: 'stopped sending spans', figure: '' }
  const words = { latency: 'p95', errors: 'errors', rate: 'requests' } as const
  return { words: words[change.kind], figure: `${valueWords(change)}, ${usualWords(change)}` }
}
