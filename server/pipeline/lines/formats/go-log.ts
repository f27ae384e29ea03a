import { takeCaller } from '../known-keys.ts'
import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'
import { findSeverity } from '../severity-words.ts'

/** `yyyy/mm/dd hh:mm:ss message`, maybe with `file.go:42: ` before the message. Source: Go, package log. */
export const goLog: LineFormat = {
  name: 'go_log',
  title: "Go's log package",
  certainty: 40,
  examples: [
    {
      line: '2026/01/31 12:00:00.123456 cart.go:42: ERROR no answer from=db-1',
      severity: 17,
      time: '2026-01-31T12:00:00.123456Z',
      attributes: { 'code.file.path': 'cart.go', 'code.line.number': '42', from: 'db-1' },
    },
    { line: '2026/01/31 12:00:00 listening on :8080', time: '2026-01-31T12:00:00Z' },
  ],
  parse(line, fields) {
    if (line.at + 4 >= line.end || line.bytes[line.at + 4] !== 0x2f || !fields.time.iso(line) || !line.blanks())
      return false
    const message = line.at
    if (line.word() && line.bytes[line.to - 1] === 0x3a) {
      line.to--
      if (!takeCaller(line, fields)) line.at = message
    } else line.at = message
    findPairs(line, fields)
    line.at = message
    if (fields.severity === 0 && findSeverity(line) > 0) fields.level(line)
    return true
  },
}
