import { takeCaller } from '../known-keys.ts'
import { type Line, tab } from '../line.ts'
import { fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { json } from './json.ts'

const logger = fieldName('log.logger')

/** `time TAB LEVEL TAB [logger TAB] [file:line TAB] message [TAB {json}]`. Source: zap's console encoder. */
export const zapConsole: LineFormat = {
  name: 'zap_console',
  title: 'Go: zap console encoder, also of Kubernetes controllers',
  certainty: 90,
  examples: [
    {
      line: '2026-01-31T12:00:00.123Z\tWARN\tcart\tshop/cart.go:42\tcart is slow\t{"cart": 7, "user": "ann"}',
      severity: 13,
      time: '2026-01-31T12:00:00.123Z',
      attributes: {
        'log.logger': 'cart',
        'code.file.path': 'shop/cart.go',
        'code.line.number': '42',
        cart: '7',
        user: 'ann',
      },
    },
    { line: '1769860800.5\tINFO\tstarted', severity: 9, time: '2026-01-31T12:00:00.5Z' },
  ],
  parse(line, fields) {
    if (!readTime(line, fields) || !line.byte(tab) || !line.letters() || !fields.level(line)) return false
    if (!line.byte(tab)) return line.isAtEnd
    const first = line.at
    if (line.before(tab)) {
      const name = { from: line.from, to: line.to }
      if (!takeCaller(line, fields)) {
        const second = line.at
        if (line.before(tab) && takeCaller(line, fields)) fields.range(logger, line.bytes, name)
        else line.at = isWord(line, name) ? second : first
      }
    }
    readFields(line, fields)
    return true
  },
}

function readTime(line: Line, fields: LineFields): boolean {
  if (fields.time.iso(line)) return true
  return line.before(tab, 32) && fields.time.epoch(line.bytes, line.from, line.to) && line.at-- > 0
}

function isWord({ bytes }: Line, { from, to }: { from: number; to: number }): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === 0x20) return false
  return true
}

/** The object at the end of the line, if there is one. */
function readFields(line: Line, fields: LineFields): void {
  const { bytes, end, bodyEnd } = line
  let at = line.at
  while (at + 1 < end && !(bytes[at] === tab && bytes[at + 1] === 0x7b)) at++
  if (at + 1 >= end) return
  line.at = at + 1
  line.bodyEnd = end
  json.parse(line, fields)
  line.bodyEnd = bodyEnd
}
