import type { Line } from '../line.ts'
import { fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'
import { findSeverity } from '../severity-words.ts'

const logger = fieldName('log.logger')

/** Any line that begins with a time; the level is looked for after it. Rust's tracing and env_logger among them. */
export const timestamped: LineFormat = {
  name: 'timestamped',
  title: 'Any line that begins with a time: Rust tracing and env_logger, zerolog console, Windows, many others',
  certainty: 30,
  examples: [
    {
      line: '2026-01-31T12:00:00.123456Z  WARN shop::cart: cart is slow cart=7',
      severity: 13,
      time: '2026-01-31T12:00:00.123456Z',
      attributes: { 'log.logger': 'shop::cart', cart: '7' },
    },
    {
      line: '[2026-01-31T12:00:00Z INFO  shop] started',
      severity: 9,
      time: '2026-01-31T12:00:00Z',
      attributes: {},
    },
    { line: '2026-01-31 12:00:00, Error   CBS  no session', severity: 17, time: '2026-01-31T12:00:00Z' },
  ],
  parse(line, fields) {
    line.byte(0x5b)
    const { time } = fields
    if (!(time.iso(line) || time.common(line) || time.weekday(line) || time.syslog(line) || time.clock(line)))
      return false
    if (!line.isAtEnd && !isSeparator(line.next)) return false
    while (!line.isAtEnd && isSeparator(line.next)) line.at++
    const message = line.at
    if (line.letters() && fields.level(line)) {
      line.byte(0x5d)
      line.skipBlanks()
      readModule(line, fields)
    } else line.at = message
    findPairs(line, fields)
    line.at = message
    if (fields.severity === 0 && findSeverity(line) > 0) fields.level(line)
    return true
  },
}

/** `a::b: `, as Rust names modules. */
function readModule(line: Line, fields: LineFields): void {
  const { at } = line
  if (!line.word() || line.bytes[line.to - 1] !== 0x3a) {
    line.at = at
    return
  }
  line.to--
  for (let i = line.from; i + 1 < line.to; i++)
    if (line.bytes[i] === 0x3a && line.bytes[i + 1] === 0x3a) {
      fields.string(logger, line)
      return
    }
  line.at = at
}

/** Blank, tab, `]`, comma, bar, dash, colon. */
function isSeparator(byte: number): boolean {
  return (
    byte === 0x20 || byte === 0x09 || byte === 0x5d || byte === 0x2c || byte === 0x7c || byte === 0x2d || byte === 0x3a
  )
}
