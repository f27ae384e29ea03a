/** What can be said of a service: bad, to watch, back to usual, usual, new, or without requests. */
export type Judgement = 'bad' | 'watch' | 'mended' | 'usual' | 'new' | 'none'

/** What changed: durations, errors or requests left their usual; a service came or went; a version came. */
export type ChangeKind = 'latency' | 'errors' | 'rate' | 'gone' | 'new' | 'deploy'

/** One change of one service, with the moment from which it is true. */
export interface Change {
  readonly kind: ChangeKind
  readonly service: string
  readonly judgement: Judgement
  readonly atMs: number
  /** When it was over; null: it goes on, or it is a moment. */
  readonly untilMs: number | null
  /** Microseconds for `latency`, a share for `errors`, requests per second for `rate` and `gone`; else null. */
  readonly value: number | null
  readonly usual: number | null
  /** Of a deploy: what came, and what was seen before it. */
  readonly version?: string
  readonly previous?: string
}

/** Figures that a service is measured against. */
export interface UsualOfService {
  readonly p95Us: number
  /** 0 to 1. */
  readonly errorRate: number
  /** Requests per second, in minutes that had any. */
  readonly rate: number
  /** Where it was taken from, in words. */
  readonly window: string
}
