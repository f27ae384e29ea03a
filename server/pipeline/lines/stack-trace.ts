import { isDigit, isLetter, type Line, newline, space, tab } from './line.ts'
import { fieldName, type LineFields } from './line-fields.ts'

const type = fieldName('exception.type')
const message = fieldName('exception.message')
const stacktrace = fieldName('exception.stacktrace')

const pythonHead = 'Traceback (most recent call last):'
const goHead = 'goroutine '
const goPanic = 'panic: '
const javaThread = 'Exception in thread "'
const nodeUncaught = 'Uncaught '

/** Longest name of an exception, bytes. */
const maxTypeBytes = 256

/**
 * Finds a stack trace in a body of several lines: of Java and Node (`at …`), Python (`Traceback …`) and Go
 * (`goroutine 1 [running]:`). Type, message and trace become `exception.*`; what cannot be told is left out.
 * Cost: one look at every byte.
 */
export function findStackTrace(line: Line, fields: LineFields): void {
  const { bytes, start, bodyEnd } = line
  let before = { from: start, to: start }
  for (let from = start; from < bodyEnd; ) {
    let to = from
    while (to < bodyEnd && bytes[to] !== newline) to++
    const current = { from, to }
    if (from > start && isFrame(line, current)) {
      readFrames(line, fields, before)
      return
    }
    if (begins(line, current, pythonHead)) {
      readPython(line, fields, from)
      return
    }
    if (begins(line, current, goHead)) {
      readGo(line, fields, { from, panic: before })
      return
    }
    // An empty line stands between Go's panic and its trace.
    if (to > from) before = current
    from = to + 1
  }
}

interface Range {
  readonly from: number
  readonly to: number
}

/** `at …` after blanks, with `)` or a line number at its end: a frame of Java or Node. */
function isFrame({ bytes }: Line, { from, to }: Range): boolean {
  let at = from
  while (at < to && (bytes[at] === space || bytes[at] === tab)) at++
  if (at === from || at + 3 >= to || bytes[at] !== 0x61 || bytes[at + 1] !== 0x74 || bytes[at + 2] !== space)
    return false
  let end = to
  while (end > at && bytes[end - 1] <= space) end--
  if (bytes[end - 1] === 0x29) return true
  let digits = end
  while (digits > at && isDigit(bytes[digits - 1])) digits--
  return digits < end && bytes[digits - 1] === 0x3a
}

function begins({ bytes }: Line, { from, to }: Range, text: string): boolean {
  if (to - from < text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}

function readFrames(line: Line, fields: LineFields, head: Range): void {
  let { from } = head
  if (begins(line, head, javaThread)) {
    from += javaThread.length
    while (from < head.to && line.bytes[from] !== 0x22) from++
    from += 2
  } else if (begins(line, head, nodeUncaught)) from += nodeUncaught.length
  readTypeAndMessage(line, fields, { from, to: head.to })
  fields.range(stacktrace, line.bytes, { from: head.from, to: line.bodyEnd })
}

/** The last line that is not indented is `type: message`. */
function readPython(line: Line, fields: LineFields, from: number): void {
  const { bytes, bodyEnd } = line
  let end = bodyEnd
  while (end > from && bytes[end - 1] <= space) end--
  for (let to = end; to > from; ) {
    let start = to
    while (start > from && bytes[start - 1] !== newline) start--
    if (bytes[start] !== space && bytes[start] !== tab && bytes[start] !== newline) {
      if (start > from) readTypeAndMessage(line, fields, { from: start, to })
      break
    }
    to = start - 1
  }
  fields.range(stacktrace, bytes, { from, to: bodyEnd })
}

function readGo(line: Line, fields: LineFields, { from, panic }: { from: number; panic: Range }): void {
  if (begins(line, panic, goPanic)) {
    fields.range(type, line.bytes, { from: panic.from, to: panic.from + 5 })
    fields.range(message, line.bytes, { from: panic.from + goPanic.length, to: panic.to })
  }
  fields.range(stacktrace, line.bytes, { from, to: line.bodyEnd })
}

/** `a.b.Type: message`, or the type alone; nothing is found where no name of a type stands first. */
function readTypeAndMessage({ bytes }: Line, fields: LineFields, { from, to }: Range): void {
  let end = to
  while (end > from && bytes[end - 1] <= space) end--
  let at = from
  while (at < end && at - from < maxTypeBytes && isTypeByte(bytes[at])) at++
  if (at === from || !isLetter(bytes[from])) return
  if (at === end) fields.range(type, bytes, { from, to: at })
  else if (bytes[at] === 0x3a) {
    fields.range(type, bytes, { from, to: at })
    let text = at + 1
    while (text < end && bytes[text] === space) text++
    if (text < end) fields.range(message, bytes, { from: text, to: end })
  }
}

function isTypeByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte) || byte === 0x2e || byte === 0x24 || byte === 0x5f
}
