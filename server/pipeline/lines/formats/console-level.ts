import { isLetter, type Line } from '../line.ts'
import type { LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'
import { json } from './json.ts'

/** What developers' consoles show: the level first, then the message and `key=value`. Source: logrus, winston. */
export const consoleLevel: LineFormat = {
  name: 'console_level',
  title: 'Level first: logrus on a terminal, winston simple and cli, `error: message`',
  certainty: 50,
  examples: [
    {
      line: 'WARN[0042] cart is slow                             cart=7',
      severity: 13,
      attributes: { cart: '7' },
    },
    {
      line: 'info: order placed {"order":17,"user":"ann"}',
      severity: 9,
      attributes: { order: '17', user: 'ann' },
    },
    { line: '[error] no answer from=db-1', severity: 17, attributes: { from: 'db-1' } },
    { line: 'ERROR no answer', severity: 17 },
  ],
  parse(line, fields) {
    if (line.byte(0x5b)) {
      if (!line.letters() || !fields.level(line) || !line.byte(0x5d)) return false
    } else if (!line.letters() || !fields.level(line) || !readMark(line)) return false
    line.skipBlanks()
    if (line.isAtEnd) return false
    readMessage(line, fields)
    return true
  },
}

/** What stands after the level: a colon and a blank, seconds since the start in brackets, or a blank after capitals. */
function readMark(line: Line): boolean {
  if (line.byte(0x5b)) return line.digits() && line.byte(0x5d)
  if (line.byte(0x3a)) return line.blanks()
  for (let i = line.from; i < line.to; i++) if (isLetter(line.bytes[i]) && line.bytes[i] >= 0x61) return false
  return line.blanks()
}

function readMessage(line: Line, fields: LineFields): void {
  const { bytes, end, at } = line
  if (bytes[end - 1] === 0x7d) {
    let brace = at
    while (brace < end && bytes[brace] !== 0x7b) brace++
    const { bodyEnd } = line
    line.at = brace
    line.bodyEnd = end
    json.parse(line, fields)
    line.bodyEnd = bodyEnd
    line.at = at
  }
  if (fields.isEmpty) findPairs(line, fields)
}
