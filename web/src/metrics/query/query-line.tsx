import { useEffect, useRef, useState } from 'react'
import type { PromqlLanguage } from '../../../../contract/index.ts'
import { formatBytes, formatCount, formatDuration } from '../../format/number.ts'
import { VerdictMark } from '../../parts/verdict.tsx'
import { Icon } from '../../shell/icons.tsx'
import { useTenant } from '../../url/use-search.ts'
import type { Expression } from '../expressions.ts'
import { type AskedRange, checkSyntax } from '../use-promql.ts'
import { type LineFault, lineFault, writeLine } from './line-fault.ts'
import { QueryEditor } from './query-editor.tsx'
import type { Lines } from './use-lines.ts'

/** Milliseconds after the last letter at which a text is checked. */
const checkAfterMs = 500

interface QueryLineProps {
  readonly line: Expression
  readonly lines: Lines
  readonly asked: AskedRange | undefined
  /** What was wrong when it was run. */
  readonly fault: LineFault | null
  /** What to say about a result without series. */
  readonly nothing: { readonly words: string; readonly mend?: LineFault['mend'] } | null
  readonly language: PromqlLanguage | undefined
  readonly variables: Readonly<Record<string, string>>
  readonly onRun: () => void
}

/** One line of the query page: its letter, its text, what it took, and what is wrong with it. */
export function QueryLine(props: QueryLineProps) {
  const { line, lines, asked, nothing, onRun } = props
  const { letter, kind, text, isHidden } = line
  const { typedFault, onText } = useSyntaxCheck(props)
  const fault = typedFault === undefined ? props.fault : typedFault
  const name = kind === 'formula' ? `Formula ${letter}` : `Query ${letter}`
  return (
    <div className={isHidden ? 'query-line off' : 'query-line'}>
      <span className={kind === 'formula' ? 'query-letter formula code' : 'query-letter code'} title={name}>
        {letter}
      </span>
      <div className="query-field">
        <QueryEditor {...{ text, fault, onText, onRun }} label={name} typed={() => textOf(lines, letter)} />
        <div className="query-said sm">
          {fault !== null ? (
            <Said words={fault.words} isBad mend={fault.mend} onMend={(next) => lines.replace(letter, next)} />
          ) : nothing !== null ? (
            <Said words={nothing.words} mend={nothing.mend} onMend={(next) => lines.replace(letter, next)} />
          ) : (
            <LineCost asked={asked} kind={kind} />
          )}
        </div>
      </div>
      <span className="query-acts row">
        <button
          type="button"
          className="btn small icon ghost"
          aria-pressed={!isHidden}
          aria-label={isHidden ? `Draw ${letter}` : `Do not draw ${letter}`}
          title={isHidden ? 'Draw it' : 'Do not draw it'}
          onClick={() => lines.toggle(letter)}
        >
          <Icon name={isHidden ? 'eye-off' : 'eye'} />
        </button>
        {lines.lines.length > 1 && (
          <button
            type="button"
            className="btn small icon ghost"
            aria-label={`Remove ${letter}`}
            title="Remove"
            onClick={() => lines.remove(letter)}
          >
            <Icon name="close" />
          </button>
        )}
      </span>
    </div>
  )
}

/** Checks what is typed a moment after the last letter; undefined while nothing was typed since the last run. */
function useSyntaxCheck({ line, lines, language, variables }: QueryLineProps) {
  const tenant = useTenant()
  const [typedFault, setTypedFault] = useState<LineFault | null | undefined>(undefined)
  const waiting = useRef<{ timer: ReturnType<typeof setTimeout>; cancel: AbortController } | null>(null)
  const stop = () => {
    clearTimeout(waiting.current?.timer)
    waiting.current?.cancel.abort()
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was run says itself what is wrong
  useEffect(() => {
    setTypedFault(undefined)
    return stop
  }, [line.text])
  const check = async (text: string, signal: AbortSignal) => {
    const written = writeLine({ ...line, text }, lines.current(), variables)
    if ('fault' in written) return setTypedFault(written.fault)
    if (written.expanded.text.trim() === '') return setTypedFault(null)
    const error = await checkSyntax(written.expanded.text, tenant, signal)
    if (signal.aborted) return
    const { expanded } = written
    setTypedFault(error === null ? null : lineFault(error.message, { source: text, expanded, language }))
  }
  const onText = (text: string) => {
    if (text === textOf(lines, line.letter)) return
    lines.onText(line.letter, text)
    stop()
    const cancel = new AbortController()
    waiting.current = { cancel, timer: setTimeout(() => void check(text, cancel.signal), checkAfterMs) }
  }
  return { typedFault, onText }
}

/** What stands in a line now, run or not. */
function textOf(lines: Lines, letter: string): string {
  return lines.current().find((line) => line.letter === letter)?.text ?? ''
}

interface SaidProps {
  readonly words: string
  readonly isBad?: boolean
  readonly mend: LineFault['mend'] | undefined
  readonly onMend: (text: string) => void
}

function Said({ words, isBad = false, mend, onMend }: SaidProps) {
  return (
    <span className="row" role="status" style={{ gap: 6 }}>
      <VerdictMark judgement={isBad ? 'bad' : 'none'} />
      <span className={isBad ? 'err' : 't2'}>{words}</span>
      {mend !== undefined && (
        <button type="button" className="lnk m" onClick={() => onMend(mend.text)}>
          {mend.words}
        </button>
      )}
    </span>
  )
}

function LineCost({ asked, kind }: { asked: AskedRange | undefined; kind: Expression['kind'] }) {
  const result = asked?.result
  if (result === undefined)
    return <span className="t3">{kind === 'formula' ? 'Letters stand for the lines above: A / B * 100' : ' '}</span>
  const { series, samples, cost } = result
  const rows = series.length === 1 ? '1 series' : `${formatCount(series.length)} series`
  return (
    <span className="t3" title="Series of the answer, samples read, bytes received, time to the whole answer">
      {kind === 'formula' && 'formula · '}
      {rows} · {formatCount(samples)} samples read · {formatBytes(cost.bytes)} · {formatDuration(Math.round(cost.ms))}
    </span>
  )
}
