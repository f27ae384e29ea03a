import type { FloatHistogram } from '../histogram/float-histogram.ts'
import { Labels } from '../labels.ts'
import { MemorySource } from '../memory-source.ts'
import { parseSelector } from '../parse/parser.ts'
import { type QueryAnswer, queryInstant, queryRange } from '../query.ts'
import { absent, float } from '../value.ts'
import { defaultSettings, type EvaluationSettings } from './evaluation.ts'

type Point = number | FloatHistogram | 'stale' | null

/** For tests: series by selector text, one point a minute from time 0; null = nothing at that minute. */
export type Given = Readonly<Record<string, readonly Point[]>>

export function sourceOf(given: Given): MemorySource {
  const source = new MemorySource()
  for (const [selector, points] of Object.entries(given)) {
    const labels = Labels.from(parseSelector(selector).matchers.map(({ name, value }) => [name, value] as const))
    points.forEach((point, minute) => {
      if (point !== null) source.add(labels, minute * 60_000, point)
    })
  }
  return source
}

/** Answer of an instant query as `labels value` lines in the order of the answer; a scalar is one value. */
export async function ask(
  given: Given,
  query: string,
  at: { minute?: number; settings?: Partial<EvaluationSettings> } = {},
): Promise<readonly string[]> {
  const run = { query, source: sourceOf(given), settings: { ...defaultSettings, ...at.settings } }
  return linesOf(await queryInstant(run, (at.minute ?? 0) * 60_000))
}

/** Answer of a range query by minutes: `labels v0 v1 …` with `_` for nothing. */
export async function askRange(
  given: Given,
  query: string,
  range: { from?: number; to: number; stepMinutes?: number; settings?: Partial<EvaluationSettings> },
): Promise<readonly string[]> {
  const run = { query, source: sourceOf(given), settings: { ...defaultSettings, ...range.settings } }
  const stepMs = (range.stepMinutes ?? 1) * 60_000
  return linesOf(await queryRange(run, { startMs: (range.from ?? 0) * 60_000, endMs: range.to * 60_000, stepMs }))
}

/** Warnings and infos of an instant query. */
export async function remarks(given: Given, query: string, minute = 0): Promise<readonly string[]> {
  const run = { query, source: sourceOf(given), settings: defaultSettings }
  const { annotations } = await queryInstant(run, minute * 60_000)
  return [...annotations.shown('warning'), ...annotations.shown('info')]
}

function linesOf({ value }: QueryAnswer): readonly string[] {
  switch (value.type) {
    case 'scalar':
      return [[...value.values].join(' ')]
    case 'string':
      return [JSON.stringify(value.value)]
    case 'vector':
      return value.series.map((series) => {
        const points = Array.from(series.state, (state, step) =>
          state === absent ? '_' : state === float ? String(series.floats[step]) : 'histogram',
        )
        return `${series.labels} ${points.join(' ')}`
      })
    case 'matrix':
      return value.series.map(
        (series) => `${series.labels} ${[...series.values].map((v, i) => `${v}@${series.times[i] / 1000}`).join(' ')}`,
      )
  }
}
