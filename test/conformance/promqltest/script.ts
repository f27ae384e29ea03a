import { parseDurationMs } from '../../../server/query/promql/parse/duration.ts'
import { parseSeriesLine, type SeriesLine } from './series-line.ts'

/** One command of a promqltest script. Source: Prometheus' promqltest README (the language is re-implemented from it). */
export type Command =
  | { readonly kind: 'clear' }
  | {
      readonly kind: 'load'
      readonly stepMs: number
      readonly withNhcb: boolean
      readonly series: readonly SeriesLine[]
    }
  | Evaluate

export interface Evaluate {
  readonly kind: 'eval'
  readonly line: number
  readonly query: string
  /** Instant: startMs = endMs and stepMs = 0. */
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly expectations: readonly Expectation[]
  readonly expected: readonly SeriesLine[]
  /** The only expected line is a bare number: a scalar result. */
  readonly expectedScalar: number | null
  readonly expectedString: string | null
  readonly expectedRange: { readonly startMs: number; readonly endMs: number; readonly stepMs: number } | null
}

export interface Expectation {
  readonly kind: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered'
  readonly match: 'any' | 'msg' | 'regex'
  readonly text: string
}

const evalLine =
  /^eval(?:_(fail|warn|ordered|info))?\s+(?:instant\s+(?:at\s+(\S+))?|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+?))\s+(.+)$/
const loadLine = /^load(_with_nhcb)?\s+(\S+)$/

/** Cuts a script into commands. Throws with the line number where it is not one. */
export function parseScript(text: string): readonly Command[] {
  const lines = text.split('\n').map((line, i) => ({ text: line.trim(), number: i + 1 }))
  const commands: Command[] = []
  for (let at = 0; at < lines.length; ) {
    const { text: line, number } = lines[at]
    if (line === '' || line.startsWith('#')) {
      at += 1
      continue
    }
    const body: string[] = []
    at += 1
    while (
      line !== 'clear' &&
      at < lines.length &&
      lines[at].text !== '' &&
      !/^(eval|load|clear)/.test(lines[at].text)
    ) {
      if (!lines[at].text.startsWith('#')) body.push(lines[at].text)
      at += 1
    }
    commands.push(parseCommand(line, body, number))
  }
  return commands
}

function parseCommand(line: string, body: readonly string[], number: number): Command {
  if (line === 'clear') return { kind: 'clear' }
  const load = loadLine.exec(line)
  if (load !== null)
    return {
      kind: 'load',
      stepMs: duration(load[2], number),
      withNhcb: load[1] !== undefined,
      series: body.map(parseSeriesLine),
    }
  const evaluation = evalLine.exec(line)
  if (evaluation === null) throw new Error(`line ${number}: cannot read command: ${line}`)
  return parseEvaluate(evaluation, body, number)
}

function parseEvaluate(found: RegExpExecArray, body: readonly string[], number: number): Evaluate {
  const [, mode, at, from, to, step, query] = found
  const expectations: Expectation[] =
    mode === undefined ? [] : [{ kind: mode as Expectation['kind'], match: 'any', text: '' }]
  const expected: SeriesLine[] = []
  let expectedScalar: number | null = null
  let expectedString: string | null = null
  let expectedRange: Evaluate['expectedRange'] = null
  for (const line of body) {
    const range = /^expect range vector from (\S+) to (\S+) step (\S+)$/.exec(line)
    const text = /^expect string\s+(.*)$/.exec(line)
    const expectation = /^expect (fail|warn|info|no_warn|no_info|ordered)(?:\s+(msg|regex):\s*(.*))?$/.exec(line)
    const legacy = /^expected_fail_(message|regexp)\s+(.*)$/.exec(line)
    if (range !== null)
      expectedRange = {
        startMs: duration(range[1], number),
        endMs: duration(range[2], number),
        stepMs: duration(range[3], number),
      }
    else if (text !== null)
      expectedString = text[1].startsWith('`') ? text[1].slice(1, -1) : (JSON.parse(text[1]) as string)
    else if (expectation !== null)
      expectations.push({
        kind: expectation[1] as Expectation['kind'],
        match: (expectation[2] ?? 'any') as Expectation['match'],
        text: expectation[3] ?? '',
      })
    else if (legacy !== null)
      expectations.push({ kind: 'fail', match: legacy[1] === 'message' ? 'msg' : 'regex', text: legacy[2] })
    else if (isNumber(line)) expectedScalar = readNumber(line)
    else expected.push(parseSeriesLine(line))
  }
  const startMs = duration(from ?? at, number)
  return {
    kind: 'eval',
    line: number,
    query,
    startMs,
    endMs: to === undefined ? startMs : duration(to, number),
    stepMs: step === undefined ? 0 : duration(step, number),
    expectations,
    expected,
    expectedScalar,
    expectedString,
    expectedRange,
  }
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d|\.\d|inf|nan)/i.test(text) && !text.includes(' ') && !text.includes('{')
}

export function readNumber(text: string): number {
  if (/^\+?inf$/i.test(text)) return Infinity
  if (/^-inf$/i.test(text)) return -Infinity
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  return Number(text)
}

/** `5m`, `-5m`, or plain seconds. */
function duration(text: string, line: number): number {
  const negative = text.startsWith('-')
  const bare = negative ? text.slice(1) : text
  const ms = /^[\d.]+$/.test(bare) ? Number(bare) * 1000 : parseDurationMs(bare)
  if (ms === null || Number.isNaN(ms)) throw new Error(`line ${line}: cannot read duration: ${text}`)
  return negative ? -ms : ms
}
