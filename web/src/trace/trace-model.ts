/** What of the duration of a trace is shown. */
export interface Window {
  /** Milliseconds from the start of the trace. */
  readonly fromMs: number
  readonly toMs: number
}

/** Unix milliseconds with the fraction that `Date.parse` drops: spans are often shorter than a millisecond. */
export function instantMs(text: string): number {
  const match = /\.(\d{1,9})(?=Z|[+-])/.exec(text)
  const whole = Date.parse(match === null ? text : text.replace(match[0], ''))
  return whole + (match === null ? 0 : Number(`0.${match[1]}`) * 1000)
}

/** Least part of a trace that can be shown, ms. */
const leastMs = 0.001

/** The part of the trace that the address names, cut to the trace; all of it where there is none or it is empty. */
export function windowOf(win: readonly [number, number] | undefined, durationMs: number): Window {
  const whole = { fromMs: 0, toMs: Math.max(durationMs, leastMs) }
  if (win === undefined) return whole
  const fromMs = Math.max(win[0] * 1000, 0)
  const toMs = Math.min(win[1] * 1000, whole.toMs)
  return toMs - fromMs < leastMs ? whole : { fromMs, toMs }
}

/** The window as the address has it, in seconds; undefined for the whole trace. */
export function winOf({ fromMs, toMs }: Window, durationMs: number): [number, number] | undefined {
  const round = (ms: number) => Number((ms / 1000).toPrecision(6))
  return fromMs <= 0 && toMs >= durationMs ? undefined : [round(fromMs), round(toMs)]
}

/** A window of the same length elsewhere in the trace. */
export function movedBy({ fromMs, toMs }: Window, ms: number, durationMs: number): Window {
  const by = Math.min(Math.max(ms, -fromMs), durationMs - toMs)
  return { fromMs: fromMs + by, toMs: toMs + by }
}
