import type { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { strictText } from '../metric/label-rules.ts'
import { CurrentSample, type ExpositionVisitor, type MetadataLine, typeNamed } from './exposition-lines.ts'
import { floatOf, integerOf } from './float-text.ts'
import { endOfBraces, endOfMetricName, endOfQuotes, isSpace, unescaped } from './series-text.ts'

const lineFeed = 0x0a
const hash = 0x23
const quote = 0x22
const openBrace = 0x7b

/**
 * Reads the Prometheus text format 0.0.4 (and 1.0.0 with its quoted names), letting pass what Prometheus' own parser
 * lets pass: spaces and tabs anywhere between the parts of a line, blank lines, comments, no line feed at the end.
 * An unreadable line is an error for the whole exposition, as there.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats, Prometheus model/textparse promlex.l.
 */
export function readPrometheusText(bytes: Buffer, visitor: ExpositionVisitor): void {
  const line = new CurrentSample()
  let at = 0
  for (;;) {
    at = pastSpaces(bytes, at)
    if (at >= bytes.length) return
    const first = bytes[at]
    if (first === lineFeed) at++
    else if (first === hash) at = readComment(bytes, at, visitor)
    else {
      line.seriesStart = at
      line.seriesEnd = endOfSeries(bytes, at, visitor)
      at = readSample(bytes, line)
      visitor.sample(line)
    }
  }
}

function endOfSeries(bytes: Buffer, start: number, visitor: ExpositionVisitor): number {
  const guessed = visitor.guessSeriesEnd(start)
  // Behind a name without braces there may still be spaces and braces.
  if (guessed >= 0 && isSpace(bytes[guessed]) && bytes[pastSpaces(bytes, guessed)] !== openBrace) return guessed
  const at = endOfMetricName(bytes, start)
  const braces = pastSpaces(bytes, at)
  if (bytes[braces] === openBrace) return endOfBraces(bytes, braces)
  if (at === start) throw new DecodeError('expected a metric name', `byte ${start}`)
  return at
}

/** The rest of a line whose series part is known. The answer is where the next line begins. */
function readSample(bytes: Buffer, line: CurrentSample): number {
  let at = pastSpaces(bytes, line.seriesEnd)
  let end = endOfToken(bytes, at)
  line.value = floatOf(bytes, at, end)
  at = pastSpaces(bytes, end)
  line.timestampMs = Number.NaN
  if (at < bytes.length && bytes[at] !== lineFeed) {
    end = endOfToken(bytes, at)
    line.timestampMs = integerOf(bytes, at, end)
    at = pastSpaces(bytes, end)
    if (at < bytes.length && bytes[at] !== lineFeed)
      throw new DecodeError('expected the end of the line behind the timestamp', `byte ${at}`)
  }
  line.timestamp = line.timestampMs
  return at + 1
}

/** `# HELP name text`, `# TYPE name type`, or a comment. The answer is where the next line begins. */
function readComment(bytes: Buffer, start: number, visitor: ExpositionVisitor): number {
  const lineEnd = endOfLine(bytes, start)
  const kindStart = pastSpaces(bytes, start + 1)
  const kindEnd = kindStart + 4
  const kind = bytes.toString('latin1', kindStart, kindEnd)
  const isMetadata = (kind === 'HELP' || kind === 'TYPE') && kindStart > start + 1 && isSpace(bytes[kindEnd])
  if (isMetadata && !visitor.knowsMetadata(start, lineEnd))
    visitor.metadata(metadataOf(bytes, { kind, at: pastSpaces(bytes, kindEnd), lineEnd }))
  return lineEnd + 1
}

function metadataOf(
  bytes: Buffer,
  { kind, at, lineEnd }: { kind: 'HELP' | 'TYPE'; at: number; lineEnd: number },
): MetadataLine {
  const isQuoted = bytes[at] === quote
  const nameEnd = isQuoted ? endOfQuotes(bytes, at) : endOfMetricName(bytes, at)
  if (nameEnd === at || nameEnd > lineEnd) throw new DecodeError(`expected a metric name behind ${kind}`, `byte ${at}`)
  const name = isQuoted ? unescaped(bytes, at + 1, nameEnd - 1) : bytes.toString('latin1', at, nameEnd)
  if (nameEnd < lineEnd && !isSpace(bytes[nameEnd]))
    throw new DecodeError(`expected a space behind the metric name`, `byte ${nameEnd}`)
  const textStart = Math.min(nameEnd + 1, lineEnd)
  if (kind === 'HELP') return { kind, name, text: unescapedHelp(strictText(bytes, textStart, lineEnd)) }
  const text = bytes.toString('utf8', textStart, lineEnd)
  if (typeNamed(text) === undefined)
    throw new DecodeError(`${JSON.stringify(text.slice(0, 40))} is no metric type`, `byte ${textStart}`)
  return { kind, name, text }
}

/** In HELP only `\\` and `\n` are escapes. */
function unescapedHelp(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([\\n])/g, (_all, letter: string) => (letter === 'n' ? '\n' : letter))
}

function pastSpaces(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && isSpace(bytes[at])) at++
  return at
}

function endOfToken(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && bytes[at] !== lineFeed && !isSpace(bytes[at])) at++
  return at
}

function endOfLine(bytes: Buffer, start: number): number {
  const at = bytes.indexOf(lineFeed, start)
  return at < 0 ? bytes.length : at
}
