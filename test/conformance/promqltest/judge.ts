import type { FloatHistogram } from '../../../server/query/promql/histogram/float-histogram.ts'
import { formatHistogram } from '../../../server/query/promql/histogram/format.ts'
import type { QueryAnswer } from '../../../server/query/promql/query.ts'
import { absent, float, type SampleSeries, type VectorSeries } from '../../../server/query/promql/value.ts'
import { nearlyEqual, populatedEqual } from './nearly-equal.ts'
import type { Evaluate, Expectation } from './script.ts'
import type { Point, SeriesLine } from './series-line.ts'

/** What is wrong with an answer, or null. */
export function judge(command: Evaluate, answer: QueryAnswer | Error): string | null {
  const fails = command.expectations.filter(({ kind }) => kind === 'fail')
  if (answer instanceof Error) {
    if (fails.length === 0) return `failed: ${answer.message}`
    const texts = [answer.message.replace(/^\d+:\d+: parse error: /, ''), answer.message]
    return fails.every((one) => texts.some((text) => matches(one, text)))
      ? null
      : `failed otherwise than expected: ${answer.message}`
  }
  if (fails.length > 0) return 'expected to fail, but there is an answer'
  return judgeAnnotations(command, answer) ?? judgeValue(command, answer)
}

function matches({ match, text }: Expectation, message: string): boolean {
  if (match === 'any') return true
  return match === 'msg' ? message === unquoted(text) : new RegExp(unquoted(text)).test(message)
}

/** Older suites know neither places nor details of remarks, newer ones do. */
function matchesRemark(expectation: Expectation, shown: string): boolean {
  const bare = shown.replace(/ \(\d+:\d+\)$/, '').replace(/, from buckets .*/, '')
  return matches(expectation, shown) || matches(expectation, bare)
}

function unquoted(text: string): string {
  return /^".*"$/.test(text) ? (JSON.parse(text) as string) : text
}

function judgeAnnotations({ expectations }: Evaluate, { annotations }: QueryAnswer): string | null {
  for (const [level, kind, none] of [
    ['warning', 'warn', 'no_warn'],
    ['info', 'info', 'no_info'],
  ] as const) {
    const messages = annotations.shown(level)
    const wanted = expectations.filter((one) => one.kind === kind)
    if (expectations.some((one) => one.kind === none) && messages.length > 0)
      return `unexpected ${kind}: ${messages[0]}`
    const missing = wanted.find((one) => !messages.some((message) => matchesRemark(one, message)))
    if (missing !== undefined) return `missing ${kind} ${missing.text}; got ${JSON.stringify(messages)}`
    const extra =
      wanted.length > 0 ? messages.find((message) => !wanted.some((one) => matchesRemark(one, message))) : undefined
    if (extra !== undefined) return `unexpected ${kind}: ${extra}`
  }
  return null
}

function judgeValue(command: Evaluate, { value, grid }: QueryAnswer): string | null {
  if (command.expectedString !== null)
    return value.type === 'string' && value.value === command.expectedString ? null : 'another string'
  if (value.type === 'scalar') {
    if (command.expectedScalar !== null)
      return nearlyEqual(value.values[0], command.expectedScalar) ? null : `got scalar ${value.values[0]}`
    // A scalar over a range is one series without labels.
    return judgePoints(command.expected[0]?.points ?? [], Array.from(value.values), 'scalar')
  }
  if (value.type === 'matrix') return judgeMatrix(command, value.series)
  if (value.type !== 'vector') return `got ${value.type}`
  if (command.expectedScalar !== null)
    return `got a vector of ${value.series.length} series, want scalar ${command.expectedScalar}`
  return judgeVector(command, value.series, grid.count)
}

function judgeVector(command: Evaluate, series: readonly VectorSeries[], steps: number): string | null {
  const got = series.filter((one) => !one.isEmpty())
  const byKey = new Map(got.map((one) => [one.labels.key, one]))
  for (const [i, line] of command.expected.entries()) {
    const one = byKey.get(line.labels.key)
    if (one === undefined) return `missing ${line.labels}; got ${got.map(({ labels }) => labels).join(' ')}`
    if (command.expectations.some(({ kind }) => kind === 'ordered') && got[i].labels.key !== line.labels.key)
      return `${line.labels} is not at position ${i + 1}`
    const points = Array.from(
      { length: steps },
      (_, step): Point =>
        one.state[step] === absent ? null : one.state[step] === float ? one.floats[step] : one.histogramAt(step),
    )
    const fault = judgePoints(line.points, points, String(line.labels))
    if (fault !== null) return fault
  }
  const extra = got.find((one) => !command.expected.some(({ labels }) => labels.key === one.labels.key))
  return extra === undefined ? null : `unexpected ${extra.labels} ${describe(extra.floats[0])}`
}

function judgeMatrix(command: Evaluate, series: readonly SampleSeries[]): string | null {
  const range = command.expectedRange
  const stepMs = range?.stepMs ?? 1
  for (const line of command.expected) {
    const one = series.find(({ labels }) => labels.key === line.labels.key)
    if (one === undefined) return `missing ${line.labels}; got ${series.map(({ labels }) => labels).join(' ')}`
    const points: Point[] = line.points.map(() => null)
    const put = (time: number, value: Point) => {
      points[Math.round((time - (range?.startMs ?? 0)) / stepMs)] = value
    }
    one.times.forEach((time, i) => {
      put(time, one.values[i])
    })
    one.histogramTimes.forEach((time, i) => {
      put(time, one.histograms[i])
    })
    const fault = judgePoints(line.points, points, String(line.labels))
    if (fault !== null) return fault
  }
  const extra = series.find((one) => !command.expected.some(({ labels }: SeriesLine) => labels.key === one.labels.key))
  return extra === undefined ? null : `unexpected ${extra.labels}`
}

function judgePoints(want: readonly Point[], got: readonly Point[], name: string): string | null {
  for (let i = 0; i < Math.max(want.length, got.length); i += 1) {
    const [a, b] = [want[i] ?? null, got[i] ?? null]
    if (!samePoint(a, b)) return `${name} step ${i}: want ${describe(a)}, got ${describe(b)}`
  }
  return null
}

function samePoint(want: Point, got: Point): boolean {
  if (typeof want === 'number' && typeof got === 'number') return nearlyEqual(got, want)
  if (typeof want === 'object' && typeof got === 'object' && want !== null && got !== null)
    return populatedEqual(want as FloatHistogram, got as FloatHistogram)
  return want === got
}

function describe(point: Point): string {
  return typeof point === 'object' && point !== null
    ? `${formatHistogram(point)} ${point.resetHint} schema ${point.schema} zt ${point.zeroThreshold} ${point.customBounds}`
    : String(point)
}
