import { useEffect, useMemo } from 'react'
import { useKeys } from '../../keys/key-map.ts'
import { useLongerThan } from '../../parts/panel.tsx'
import { Icon } from '../../shell/icons.tsx'
import { usePageTitle } from '../../shell/title.ts'
import { stepSeconds } from '../../time/range.ts'
import { useTenant, useTime } from '../../url/use-search.ts'
import { setSources } from '../editor/sources.ts'
import type { Expression } from '../expressions.ts'
import { nearestName } from '../nearest-name.ts'
import { gridOf } from '../result-series.ts'
import { metricNamesIn } from '../tokens.ts'
import { useCatalog, useIsWord, useLanguage } from '../use-catalog.ts'
import { type AskedRange, useRanges, useStopRanges } from '../use-promql.ts'
import { variablesOf } from '../variables.ts'
import { type LineFault, lineFault, type Written, writeLine } from './line-fault.ts'
import { QueryLine } from './query-line.tsx'
import { ResultPanel } from './result-panel.tsx'
import { useLines } from './use-lines.ts'

/** Points of the chart, about. */
const points = 240
const parents = [{ word: 'Metrics', to: 'metrics' }]
const noFamilies: never[] = []

/** Queries and formulas in PromQL, and what they give. */
export function Workbench() {
  usePageTitle('Query', parents)
  const { span } = useTime()
  const tenant = useTenant()
  const lines = useLines()
  const language = useLanguage()
  const families = useCatalog().data?.metrics ?? noFamilies
  useEffect(() => setSources({ tenant, span, language, families }), [tenant, span, language, families])
  const step = stepSeconds(span, points)
  const grid = useMemo(() => gridOf(span, step), [span, step])
  const variables = useMemo(() => variablesOf(span, step), [span, step])
  const written = lines.lines.map((line) => ({ line, ...writeLine(line, lines.lines, variables) }))
  const drawn = written.filter((one) => !one.line.isHidden && 'expanded' in one)
  const asked = useRanges(
    drawn.map(({ line, ...one }) => ({ letter: line.letter, text: 'expanded' in one ? one.expanded.text : '' })),
    grid,
  )
  const answerOf = (letter: string) => asked.find((one) => one.letter === letter)
  const run = () => {
    if (!lines.run()) for (const one of asked) one.again()
  }
  useKeys([{ keys: 'mod+Enter', words: 'Run the queries', group: 'charts', run }])
  const nothingOf = useNothing(families.flatMap((family) => family.names.map(({ name }) => name)))
  const isAsking = asked.some((one) => one.isAsking)
  return (
    <main className="page">
      <section className="panel queries" aria-label="Queries">
        {written.map(({ line, ...one }) => (
          <QueryLine
            key={line.letter}
            line={line}
            lines={lines}
            asked={answerOf(line.letter)}
            fault={faultOf(line, one, { asked: answerOf(line.letter), language })}
            nothing={nothingOf(line, answerOf(line.letter))}
            language={language}
            variables={variables}
            onRun={run}
          />
        ))}
        <div className="queries-foot row wrap">
          <button type="button" className="btn" onClick={() => lines.add('query')}>
            <Icon name="plus" /> Query
          </button>
          <button type="button" className="btn" onClick={() => lines.add('formula')}>
            <Icon name="plus" /> Formula
          </button>
          <span className="t2 sm wide-only">A formula uses the letters of queries: A / B * 100</span>
          <span className="t2 sm phone-only">Completion and help: open on a larger screen.</span>
          <span className="right" />
          {lines.isChanged && <span className="t2 sm wide-only">not run yet</span>}
          <RunButton isAsking={isAsking} onRun={run} />
        </div>
      </section>
      <ResultPanel
        lines={drawn.map(({ line }) => line)}
        texts={drawn.map((one) => ('expanded' in one ? one.expanded.text : ''))}
        asked={asked}
        grid={grid}
        families={families}
      />
    </main>
  )
}

/** Runs; while an answer takes its time, stops. */
function RunButton({ isAsking, onRun }: { isAsking: boolean; onRun: () => void }) {
  const stop = useStopRanges()
  const isLong = useLongerThan(isAsking, 500)
  return isLong && isAsking ? (
    <button type="button" className="btn" onClick={stop}>
      Stop
    </button>
  ) : (
    <button type="button" className="btn pri" onClick={onRun}>
      Run <span className="kbd wide-only">{/Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘↵' : 'Ctrl ↵'}</span>
    </button>
  )
}

type Around = { asked: AskedRange | undefined; language: ReturnType<typeof useLanguage> }

function faultOf(line: Expression, written: Written, { asked, language }: Around): LineFault | null {
  if ('fault' in written) return written.fault
  if (asked?.error === undefined) return null
  return lineFault(asked.error.message, { source: line.text, expanded: written.expanded, language })
}

/** What to say about an answer without series: an unknown name with the nearest, else that nothing was there. */
function useNothing(names: readonly string[]) {
  const isWord = useIsWord()
  return (line: Expression, asked: AskedRange | undefined) => {
    if (asked?.result === undefined || asked.error !== undefined || asked.result.series.length > 0) return null
    const unknown =
      line.kind === 'formula' ? undefined : metricNamesIn(line.text, isWord).find((one) => !names.includes(one))
    if (unknown === undefined || names.length === 0) return { words: 'No series match in this range.' }
    const nearest = nearestName(unknown, names)
    if (nearest === null) return { words: `No metric named ${unknown} in this range.` }
    return {
      words: `No metric named ${unknown} in this range. Closest:`,
      mend: { words: nearest, text: line.text.replace(unknown, nearest) },
    }
  }
}
