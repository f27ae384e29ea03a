import type { Line } from '../line.ts'
import { fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'

const logger = fieldName('log.logger')
const pid = fieldName('process.pid')

/** Source: log4js' basic layout; NestJS' ConsoleLogger; pino-pretty. Their JSON is read as `json`. */
export const nodeConsole: LineFormat = {
  name: 'node_console',
  title: 'Node: log4js, NestJS, pino-pretty',
  certainty: 82,
  examples: [
    {
      line: '[2026-01-31T12:00:00.123] [ERROR] cart - no answer from=db-1',
      severity: 17,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'log.logger': 'cart', from: 'db-1' },
    },
    {
      line: '[12:00:00.123] INFO (4242): started',
      severity: 9,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'process.pid': '4242' },
    },
    {
      line: '[Nest] 4242  - 01/31/2026, 12:00:00 PM     LOG [CartService] added',
      severity: 9,
      attributes: { 'process.pid': '4242', 'log.logger': 'CartService' },
    },
  ],
  parse(line, fields) {
    if (line.text('[Nest] ')) return readNest(line, fields)
    if (!line.byte(0x5b)) return false
    if (fields.time.clock(line)) return line.text('] ') && readPino(line, fields)
    if (!fields.time.iso(line) || !line.text('] [') || !line.letters() || !fields.level(line)) return false
    if (!line.text('] ') || !line.word()) return false
    fields.string(logger, line)
    if (!line.text(' - ')) return false
    findPairs(line, fields)
    return true
  },
}

/** `LEVEL (name/pid): message`. */
function readPino(line: Line, fields: LineFields): boolean {
  if (!line.letters() || !fields.level(line)) return false
  if (!line.text(' (')) return line.text(': ')
  if (!line.before(0x29, 128)) return false
  const { from, to } = line
  let slash = to - 1
  while (slash >= from && line.bytes[slash] !== 0x2f) slash--
  line.from = slash + 1
  fields.integer(pid, line)
  if (slash > from) fields.range(logger, line.bytes, { from, to: slash })
  if (!line.byte(0x3a)) return false
  findPairs(line, fields)
  return true
}

/** The time is in the local form of the sender's language, and is not read. */
function readNest(line: Line, fields: LineFields): boolean {
  if (!line.digits()) return false
  fields.integer(pid, line)
  line.skipBlanks()
  if (!line.text('- ')) return false
  for (let words = 0; words < 6 && fields.severity === 0; words++) {
    line.skipBlanks()
    if (!line.word()) return false
    fields.level(line)
  }
  line.skipBlanks()
  if (fields.severity === 0) return false
  if (line.bracketed()) fields.string(logger, line)
  findPairs(line, fields)
  return true
}
