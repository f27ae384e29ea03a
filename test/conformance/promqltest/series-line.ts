import { addHistograms, scaleHistogram } from '../../../server/query/promql/histogram/arithmetic.ts'
import type { FloatHistogram } from '../../../server/query/promql/histogram/float-histogram.ts'
import { Labels } from '../../../server/query/promql/labels.ts'
import { parseSelector } from '../../../server/query/promql/parse/parser.ts'
import { parseHistogram } from './histogram-literal.ts'
import { readNumber } from './script.ts'

/** The suite's own engine has every feature of the language switched on. */
export const language = { experimental: true, unquotedNames: 'utf8' } as const

/** Nothing at this step, or a value. */
export type Point = number | FloatHistogram | 'stale' | null

/** `metric{a="b"} 1 2+3x4 _ stale {{schema:1 count:2}}x3` */
export interface SeriesLine {
  readonly labels: Labels
  readonly points: readonly Point[]
}

/** Source: the expanding notation of promtool's rule unit tests. */
export function parseSeriesLine(line: string): SeriesLine {
  const end = endOfSeries(line)
  return { labels: parseLabels(line.slice(0, end).trim()), points: splitValues(line.slice(end).trim()).flatMap(expand) }
}

/** The series ends at the first space outside of braces and quotes. */
function endOfSeries(line: string): number {
  let inBraces = false
  let quote = ''
  for (let i = 0; i < line.length; i += 1) {
    const char = line[i]
    if (quote !== '') {
      if (char === '\\') i += 1
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'" || char === '`') quote = char
    else if (char === '{') inBraces = true
    else if (char === '}') inBraces = false
    else if (/\s/.test(char) && !inBraces && !line.slice(i).trim().startsWith('{')) return i
    else if (/\s/.test(char) && !inBraces && line.slice(i).trim().startsWith('{{')) return i
  }
  return line.length
}

function parseLabels(text: string): Labels {
  if (text === '{}') return Labels.empty
  // A selector parser reads the same notation; a label that is fixed keeps it from refusing an empty one.
  const selector = parseSelector(
    text.endsWith('}')
      ? text.replace(/,?\s*\}$/, (close) => `${text.slice(0, -close.length).endsWith('{') ? '' : ','}__present__="1"}`)
      : text,
    language,
  )
  return Labels.from(
    selector.matchers.filter(({ name }) => name !== '__present__').map(({ name, value }) => [name, value] as const),
  )
}

function splitValues(text: string): string[] {
  const values: string[] = []
  let depth = 0
  let current = ''
  for (const char of text) {
    if (char === '{') depth += 1
    if (char === '}') depth -= 1
    if (/\s/.test(char) && depth === 0) {
      if (current !== '') values.push(current)
      current = ''
    } else current += char
  }
  if (current !== '') values.push(current)
  return values
}

function expand(text: string): Point[] {
  if (text.startsWith('{{')) return expandHistogram(text)
  if (text === 'stale') return ['stale']
  const blank = /^_(?:x(\d+))?$/.exec(text)
  if (blank !== null) return new Array(blank[1] === undefined ? 1 : Number(blank[1])).fill(null)
  const repeat = /^(.+?)x(\d+)$/.exec(text)
  if (repeat === null) return [readNumber(text)]
  const series =
    /^([+-]?(?:\d[\d.]*(?:e[+-]?\d+)?|\.\d+|inf|nan))([+-](?:\d[\d.]*(?:e[+-]?\d+)?|\.\d+|inf|nan))?$/i.exec(repeat[1])
  if (series === null) throw new Error(`cannot read value: ${text}`)
  const start = readNumber(series[1])
  const step = series[2] === undefined ? 0 : readNumber(series[2])
  const points: number[] = []
  let value = start
  for (let i = 0; i <= Number(repeat[2]); i += 1) {
    points.push(value)
    value += step
  }
  return points
}

function expandHistogram(text: string): Point[] {
  const parts = /^(\{\{.*?\}\})(?:([+-])(\{\{.*?\}\}))?(?:x(\d+))?$/.exec(text)
  if (parts === null) throw new Error(`cannot read histogram: ${text}`)
  const start = parseHistogram(parts[1])
  const step = parts[3] === undefined ? null : scaled(parseHistogram(parts[3]), parts[2] === '-' ? -1 : 1)
  const points: FloatHistogram[] = []
  let value = start
  for (let i = 0; i <= Number(parts[4] ?? 0); i += 1) {
    points.push(value)
    if (step === null) continue
    const next = addHistograms(value, step)
    if (next === null) throw new Error(`cannot add histograms of different kinds: ${text}`)
    // The hint of a sum is decided by its first part, whatever is added to it.
    value = { ...next.histogram, resetHint: start.resetHint }
  }
  return points
}

function scaled(histogram: FloatHistogram, factor: number): FloatHistogram {
  return factor === 1 ? histogram : { ...scaleHistogram(histogram, factor), resetHint: histogram.resetHint }
}
