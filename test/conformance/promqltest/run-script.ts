import { defaultSettings } from '../../../server/query/promql/evaluate/evaluation.ts'
import type { FloatHistogram } from '../../../server/query/promql/histogram/float-histogram.ts'
import type { Labels } from '../../../server/query/promql/labels.ts'
import { type QueryAnswer, queryInstant, queryRange } from '../../../server/query/promql/query.ts'
import type { SeriesSource } from '../../../server/query/promql/source.ts'
import { judge } from './judge.ts'
import { toCustomHistograms } from './nhcb.ts'
import { type Command, type Evaluate, parseScript } from './script.ts'
import { language, type SeriesLine } from './series-line.ts'

/** Where a script's samples go and its queries read: memory, or the whole path through the store. */
export interface Backend {
  readonly source: SeriesSource
  /** Whether every instant question is also asked as a range; through the store that would say nothing new. */
  readonly isFast: boolean
  add(labels: Labels, timeMs: number, value: number | FloatHistogram | 'stale'): void
  /** Resolves when everything added can be read. */
  flush(): Promise<void>
  clear(): Promise<void>
}

export interface CaseResult {
  readonly line: number
  readonly query: string
  /** Null: passed. */
  readonly fault: string | null
}

/** Features that the suite's own engine has switched on. */
const settings = { ...defaultSettings, delayedNameRemoval: true }

/** Runs every command of a script, which is one fault where it cannot be read; one result per `eval`. */
export async function runScript(text: string, backend: Backend): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  await backend.clear()
  const commands = readScript(text)
  if (commands instanceof Error) return [{ line: 1, query: '(the script)', fault: commands.message }]
  for (const command of commands) {
    if (command.kind === 'clear') await backend.clear()
    else if (command.kind === 'load') {
      const series = command.withNhcb ? [...command.series, ...toCustomHistograms(command.series)] : command.series
      load(backend, series, command.stepMs)
      await backend.flush()
    } else results.push({ line: command.line, query: command.query, fault: await runCase(command, backend) })
  }
  return results
}

function readScript(text: string): readonly Command[] | Error {
  try {
    return parseScript(text)
  } catch (error) {
    return error as Error
  }
}

function load(backend: Backend, series: readonly SeriesLine[], stepMs: number): void {
  for (const { labels, points } of series)
    points.forEach((point, i) => {
      if (point !== null) backend.add(labels, i * stepMs, point)
    })
}

async function runCase(command: Evaluate, { source, isFast }: Backend): Promise<string | null> {
  const run = { query: command.query, source, settings, language }
  const isInstant = command.stepMs === 0
  const first = await attempt(() => (isInstant ? queryInstant(run, command.startMs) : queryRange(run, command)))
  const fault = judge(command, first)
  // An instant query must give the same as the middle step of a range query around it.
  if (
    fault !== null ||
    !isFast ||
    !isInstant ||
    first instanceof Error ||
    first.value.type !== 'vector' ||
    command.expectations.some(({ kind }) => kind === 'ordered')
  )
    return fault
  if (/step\(\)|range\(\)|start\(\)|end\(\)|\bsort/.test(command.query)) return fault
  const around = await attempt(() =>
    queryRange(run, { startMs: command.startMs - 60_000, endMs: command.startMs + 60_000, stepMs: 60_000 }),
  )
  if (around instanceof Error) return fault
  const middle = judge({ ...command, expectations: [] }, middleOf(around))
  return middle === null ? null : `as the middle of a range: ${middle}`
}

async function attempt(run: () => Promise<QueryAnswer>): Promise<QueryAnswer | Error> {
  try {
    return await run()
  } catch (error) {
    return error as Error
  }
}

function middleOf(answer: QueryAnswer): QueryAnswer {
  if (answer.value.type !== 'vector') return answer
  const series = answer.value.series.map((one) => {
    const made = Object.assign(one.relabelled(one.labels, one.dropName), {
      state: one.state.slice(1, 2),
      floats: one.floats.slice(1, 2),
      histograms: one.histograms?.slice(1, 2) ?? null,
    })
    return made
  })
  return {
    ...answer,
    value: { type: 'vector', series },
    grid: { ...answer.grid, startMs: answer.grid.startMs + answer.grid.stepMs, count: 1 },
  }
}
