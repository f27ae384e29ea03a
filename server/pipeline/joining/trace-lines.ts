import { isDigit, isLetter, newline, space, tab } from '../lines/line.ts'

/** A range of bytes: one line of text. */
export interface TextRange {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

/**
 * Where a stack trace that comes line by line has got to. `line`: an ordinary line, which a trace may follow. `java` is
 * Node's too; `pythonEnd`: the exception has been named, only another one of its chain can follow, also after a gap.
 */
export type TraceState = 'line' | 'java' | 'python' | 'pythonEnd' | 'pythonGap' | 'go'

const pythonHead = 'Traceback (most recent call last):'
const pythonChains = ['During handling of the above exception', 'The above exception was the direct cause']
const javaCauses = ['Caused by: ', 'Suppressed: ', 'Wrapped by: ']
const javaThread = 'Exception in thread "'
const goHeads = ['panic: ', 'fatal error: ']
const goParts = ['[signal ', 'created by ', 'exit status ', 'runtime stack:']
const goroutine = 'goroutine '

/** Bytes at the start of a line in which a word for an error is looked for. */
const errorWordBytes = 160
const errorWords = /\b(?:error|err|exception|critical|fatal|severe|unhandled|uncaught|failed)\b/i

/** Whether a trace is sure to be going on in this line: such lines are rare, and all joining begins with one. */
export function isTraceLine(line: TextRange): boolean {
  const { bytes, from, to } = line
  if (from >= to) return false
  const first = bytes[from]
  if (first === space || first === tab) return isFrame(line) || isMore(line)
  if (first === 0x54) return begins(line, pythonHead)
  if (first === 0x67) return isGoroutine(line)
  return first === 0x43 && begins(line, javaCauses[0])
}

/**
 * What a line is to the record before it, which has got to `state`: the state after it where it belongs to that record,
 * null where it begins one of its own. `isError`: whether the record before it tells of an error.
 */
export function nextState(line: TextRange, state: TraceState, isError: () => boolean): TraceState | null {
  if (isFrame(line) || isMore(line)) return 'java'
  switch (state) {
    case 'java':
      return isIndented(line) || begins(line, ...javaCauses) ? 'java' : null
    case 'python':
      if (isIndented(line) || line.from === line.to) return 'python'
      if (begins(line, pythonHead, ...pythonChains)) return 'python'
      return isPythonException(line) ? 'pythonEnd' : null
    case 'pythonEnd':
    case 'pythonGap':
      if (line.from === line.to) return 'pythonGap'
      return begins(line, pythonHead, ...pythonChains) ? 'python' : null
    case 'go':
      return isGoLine(line) ? 'go' : null
    default:
      return isError() ? traceHead(line) : null
  }
}

/** The state that a line begins which starts a record. */
export function firstState(line: TextRange): TraceState {
  return traceHead(line) ?? 'line'
}

/** Whether the start of a line has a word for an error in it. */
export function hasErrorWord({ bytes, from, to }: TextRange): boolean {
  return errorWords.test(String.fromCharCode(...bytes.subarray(from, Math.min(to, from + errorWordBytes))))
}

/** The state that the head of a trace begins; null where the line is none. */
function traceHead(line: TextRange): TraceState | null {
  if (begins(line, pythonHead)) return 'python'
  if (begins(line, ...goHeads) || isGoroutine(line)) return 'go'
  return begins(line, javaThread, ...javaCauses) || isJavaException(line) ? 'java' : null
}

function begins({ bytes, from, to }: TextRange, ...texts: readonly string[]): boolean {
  return texts.some((text) => {
    if (to - from < text.length) return false
    for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
    return true
  })
}

function isIndented({ bytes, from, to }: TextRange): boolean {
  return from < to && (bytes[from] === space || bytes[from] === tab)
}

function skipBlanks({ bytes, from, to }: TextRange): number {
  let at = from
  while (at < to && (bytes[at] === space || bytes[at] === tab)) at++
  return at
}

function textEnd({ bytes, from, to }: TextRange): number {
  let end = to
  while (end > from && bytes[end - 1] <= space) end--
  return end
}

/** `at …` after blanks, with `)` or a line number at its end: a frame of Java or Node. */
function isFrame(line: TextRange): boolean {
  const { bytes, from } = line
  const at = skipBlanks(line)
  const end = textEnd(line)
  if (at === from || at + 4 > end || bytes[at] !== 0x61 || bytes[at + 1] !== 0x74 || bytes[at + 2] !== space)
    return false
  if (bytes[end - 1] === 0x29) return true
  let digits = end
  while (digits > at && isDigit(bytes[digits - 1])) digits--
  return digits < end && bytes[digits - 1] === 0x3a
}

/** `... 12 more` or `... 3 common frames omitted` after blanks. */
function isMore(line: TextRange): boolean {
  const { bytes, from, to } = line
  const at = skipBlanks(line)
  if (at === from || !begins({ bytes, from: at, to }, '... ')) return false
  return at + 4 < to && isDigit(bytes[at + 4])
}

function isGoroutine(line: TextRange): boolean {
  const { bytes, from, to } = line
  if (!begins(line, goroutine)) return false
  let at = from + goroutine.length
  while (at < to && isDigit(bytes[at])) at++
  return at > from + goroutine.length && begins({ bytes, from: at, to }, ' [')
}

/** Files are indented by a tab; functions end in `)`. */
function isGoLine(line: TextRange): boolean {
  const { bytes, from } = line
  if (from === line.to || bytes[from] === tab || begins(line, ...goParts, ...goHeads) || isGoroutine(line)) return true
  const end = textEnd(line)
  return bytes[end - 1] === 0x29 && isLetter(bytes[from]) && !bytes.subarray(from, end).includes(space)
}

/** `a.b.SomeException`, alone or with `: ` behind it. */
function isJavaException({ bytes, from, to }: TextRange): boolean {
  let at = from
  let dots = 0
  for (; at < to && (isLetter(bytes[at]) || isDigit(bytes[at]) || bytes[at] === 0x5f || isNameSign(bytes[at])); at++)
    if (bytes[at] === 0x2e) dots++
  if (dots === 0 || at === from || (at < to && bytes[at] !== 0x3a)) return false
  const name = String.fromCharCode(...bytes.subarray(Math.max(from, at - 16), at))
  return /(?:Exception|Error|Throwable)$/.test(name)
}

function isNameSign(byte: number): boolean {
  return byte === 0x2e || byte === 0x24
}

/** `Name`, `a.b.Name`, with or without `: message`. */
function isPythonException({ bytes, from, to }: TextRange): boolean {
  let at = from
  while (at < to && (isLetter(bytes[at]) || isDigit(bytes[at]) || bytes[at] === 0x5f || bytes[at] === 0x2e)) at++
  if (at === from || !isLetter(bytes[from])) return false
  return textEnd({ bytes, from, to }) === at || bytes[at] === 0x3a
}

/** Whether the range is one line of text. */
export function isOneLine({ bytes, from, to }: TextRange): boolean {
  const at = bytes.subarray(from, to).indexOf(newline)
  return at === -1 || at === to - from - 1
}
