import type { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { strictText } from '../metric/label-rules.ts'
import { CurrentSample, type ExpositionVisitor, type MetadataLine, typeNamed } from './exposition-lines.ts'
import { floatOf } from './float-text.ts'
import { endOfBraces, endOfMetricName, endOfQuotes, unescaped } from './series-text.ts'

const lineFeed = 0x0a
const space = 0x20
const hash = 0x23
const quote = 0x22
const openBrace = 0x7b

const endOfExposition = '# EOF'
const prefixLength = '# HELP '.length

/**
 * Reads OpenMetrics text 1.0, each line exactly as its grammar has it: single spaces, no blank lines, no comments but
 * metadata, `# EOF` at the end. What lines mean together is not judged here (see validateOpenMetrics).
 * Source: https://github.com/OpenObservability/OpenMetrics/blob/main/specification/OpenMetrics.md (ABNF).
 */
export function readOpenMetricsText(bytes: Buffer, visitor: ExpositionVisitor): void {
  const line = new CurrentSample()
  let at = 0
  while (at < bytes.length) {
    if (bytes[at] !== hash) {
      line.seriesStart = at
      line.seriesEnd = endOfSeries(bytes, at, visitor)
      at = readSample(bytes, line)
      visitor.sample(line)
      continue
    }
    const lineEnd = endOfLine(bytes, at)
    if (lineEnd - at === endOfExposition.length && bytes.toString('latin1', at, lineEnd) === endOfExposition) {
      if (lineEnd + 1 < bytes.length) throw new DecodeError('expected nothing behind # EOF', `byte ${lineEnd + 1}`)
      return
    }
    if (lineEnd === bytes.length) throw new DecodeError('the last line is not # EOF', `byte ${at}`)
    if (!visitor.knowsMetadata(at, lineEnd)) visitor.metadata(metadataOf(bytes, at, lineEnd))
    at = lineEnd + 1
  }
  throw new DecodeError('the last line is not # EOF', `byte ${at}`)
}

function endOfSeries(bytes: Buffer, start: number, visitor: ExpositionVisitor): number {
  const guessed = visitor.guessSeriesEnd(start)
  if (guessed >= 0 && bytes[guessed] === space) return guessed
  const at = endOfMetricName(bytes, start)
  if (bytes[at] === openBrace) return endOfBraces(bytes, at)
  if (at === start) throw new DecodeError('expected a metric name', `byte ${start}`)
  return at
}

/** The rest of a line whose series part is known. The answer is where the next line begins. */
function readSample(bytes: Buffer, line: CurrentSample): number {
  let at = pastSpace(bytes, line.seriesEnd)
  let end = endOfToken(bytes, at)
  line.value = floatOf(bytes, at, end)
  line.timestamp = Number.NaN
  line.exemplarStart = 0
  line.exemplarEnd = 0
  if (bytes[end] === space && bytes[end + 1] !== hash) {
    at = end + 1
    end = endOfToken(bytes, at)
    line.timestamp = timestampOf(bytes, at, end)
  }
  line.timestampMs = millisecondsOf(line.timestamp)
  if (bytes[end] === space) end = readExemplar(bytes, end, line)
  if (bytes[end] !== lineFeed) throw new DecodeError('expected the end of the line', `byte ${end}`)
  return end + 1
}

/** ` # {labels} value` or ` # {labels} value timestamp`, from the first space on; the answer is its end. */
function readExemplar(bytes: Buffer, start: number, line: CurrentSample): number {
  if (bytes[start + 1] !== hash || bytes[start + 2] !== space || bytes[start + 3] !== openBrace)
    throw new DecodeError('expected an exemplar: # {labels} value', `byte ${start}`)
  line.exemplarStart = start + 3
  line.exemplarEnd = endOfBraces(bytes, start + 3)
  let at = pastSpace(bytes, line.exemplarEnd)
  let end = endOfToken(bytes, at)
  line.exemplarValue = floatOf(bytes, at, end)
  line.exemplarTimestampMs = Number.NaN
  if (bytes[end] === space) {
    at = end + 1
    end = endOfToken(bytes, at)
    line.exemplarTimestampMs = millisecondsOf(timestampOf(bytes, at, end))
  }
  return end
}

function timestampOf(bytes: Buffer, start: number, end: number): number {
  const timestamp = floatOf(bytes, start, end)
  if (!Number.isFinite(timestamp)) throw new DecodeError(`timestamp is ${timestamp}`, `byte ${start}`)
  return timestamp
}

/** Seconds to whole milliseconds, cut off as Prometheus does; NaN stays. */
function millisecondsOf(seconds: number): number {
  return Math.trunc(seconds * 1000)
}

function metadataOf(bytes: Buffer, start: number, lineEnd: number): MetadataLine {
  const prefix = bytes.toString('latin1', start, start + prefixLength)
  const kind = prefix === '# HELP ' ? 'HELP' : prefix === '# TYPE ' ? 'TYPE' : prefix === '# UNIT ' ? 'UNIT' : null
  if (kind === null) throw new DecodeError('expected # HELP, # TYPE, # UNIT or # EOF', `byte ${start}`)
  const at = start + prefixLength
  const isQuoted = bytes[at] === quote
  const nameEnd = isQuoted ? endOfQuotes(bytes, at) : endOfMetricName(bytes, at)
  if (nameEnd === at || nameEnd >= lineEnd || bytes[nameEnd] !== space)
    throw new DecodeError(`expected a metric name and a space behind # ${kind}`, `byte ${at}`)
  const name = isQuoted ? unescaped(bytes, at + 1, nameEnd - 1) : bytes.toString('latin1', at, nameEnd)
  if (kind === 'HELP') return { kind, name, text: unescaped(bytes, nameEnd + 1, lineEnd) }
  const text = strictText(bytes, nameEnd + 1, lineEnd)
  if (kind === 'TYPE' && (typeNamed(text) === undefined || text === 'untyped'))
    throw new DecodeError(`${JSON.stringify(text.slice(0, 40))} is no metric type`, `byte ${nameEnd + 1}`)
  return { kind, name, text }
}

function pastSpace(bytes: Buffer, at: number): number {
  if (bytes[at] !== space) throw new DecodeError('expected a space', `byte ${at}`)
  return at + 1
}

function endOfToken(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && bytes[at] !== lineFeed && bytes[at] !== space) at++
  return at
}

function endOfLine(bytes: Buffer, start: number): number {
  const at = bytes.indexOf(lineFeed, start)
  return at < 0 ? bytes.length : at
}
