import { isDigit, type Line } from '../line.ts'
import { fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'

const pid = fieldName('process.pid')
const user = fieldName('user.name')
const database = fieldName('db.namespace')
const state = fieldName('db.response.status_code')
const duration = fieldName('postgresql.duration_ms')

/** What may stand for the severity; the second lines of a message among them, which have none of their own. */
const continuations = ['DETAIL', 'HINT', 'CONTEXT', 'STATEMENT', 'QUERY', 'LOCATION']

/** Furthest place of the severity in a line, bytes: longer prefixes are nobody's. */
const maxPrefixBytes = 256

/**
 * `time zone`, then a prefix of any order, then `LOG:  message`. Of the prefix are read `[pid]`, `user@database`, and an
 * SQLSTATE. A zone by another name than UTC or GMT is not known, and its times are taken for UTC.
 * Source: PostgreSQL, log_line_prefix; Amazon RDS `%t:%r:%u@%d:[%p]:`.
 */
export const postgresql: LineFormat = {
  name: 'postgresql',
  title: 'PostgreSQL server log (stderr)',
  certainty: 92,
  examples: [
    {
      line: '2026-01-31 12:00:00.123 UTC [4242] ann@shop ERROR:  relation "carts" does not exist at character 15',
      severity: 17,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'process.pid': '4242', 'user.name': 'ann', 'db.namespace': 'shop' },
    },
    {
      line: '2026-01-31 12:00:00 UTC:10.0.0.9(51234):ann@shop:[4242]:LOG:  duration: 12.500 ms  statement: select 1',
      severity: 9,
      time: '2026-01-31T12:00:00Z',
      attributes: {
        'user.name': 'ann',
        'db.namespace': 'shop',
        'process.pid': '4242',
        'postgresql.duration_ms': '12.5',
      },
    },
  ],
  parse(line, fields) {
    if (!fields.time.iso(line)) return false
    const { bytes } = line
    const prefix = line.at
    const end = Math.min(line.end - 2, prefix + maxPrefixBytes)
    for (let at = prefix; at < end; at++) {
      if (bytes[at] !== 0x3a || bytes[at + 1] !== 0x20 || bytes[at + 2] !== 0x20) continue
      let from = at
      while (from > prefix && isCapital(bytes[from - 1])) from--
      line.from = from
      line.to = at
      if (!isSeverity(line, fields)) return false
      line.at = prefix
      readPrefix(line, fields, from)
      line.at = at + 3
      if (line.text('duration: ') && line.word()) fields.typed(duration, line)
      return true
    }
    return false
  },
}

function isSeverity(line: Line, fields: LineFields): boolean {
  return continuations.some((word) => line.took(word)) || fields.level(line)
}

function readPrefix(line: Line, fields: LineFields, end: number): void {
  const { bytes } = line
  for (let at = line.at; at < end; ) {
    let to = at
    while (to < end && !endsPart(bytes[to])) to++
    line.from = at
    line.to = to
    const before = at > line.start ? bytes[at - 1] : 0
    if (before === 0x5b && bytes[to] === 0x5d) fields.integer(pid, line)
    else if (to > at) readPart(line, fields)
    at = to + 1
  }
}

function readPart(line: Line, fields: LineFields): void {
  const { bytes, from, to } = line
  let sign = from
  while (sign < to && bytes[sign] !== 0x40) sign++
  if (sign > from && sign + 1 < to) {
    fields.range(user, bytes, { from, to: sign })
    fields.range(database, bytes, { from: sign + 1, to })
  } else if (to - from === 5 && isDigit(bytes[from]) && isDigit(bytes[from + 1])) fields.string(state, line)
}

function endsPart(byte: number): boolean {
  return byte === 0x20 || byte === 0x3a || byte === 0x5b || byte === 0x5d || byte === 0x2c
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a
}
