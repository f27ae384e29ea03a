import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'
import { findSeverity } from '../severity-words.ts'

/** Free text with `key=value` in it. */
export const keyValue: LineFormat = {
  name: 'key_value',
  title: 'Free text with key=value in it',
  certainty: 10,
  examples: [
    {
      line: 'payment ERROR: order=17, user="Ann Lee" (code=E42)',
      severity: 17,
      attributes: { order: '17', user: 'Ann Lee', code: 'E42' },
    },
    { line: 'connected to=db-1 attempts=3.', attributes: { to: 'db-1', attempts: '3' } },
  ],
  parse(line, fields) {
    if (findPairs(line, fields) === 0) return false
    if (fields.severity === 0 && findSeverity(line) > 0) fields.level(line)
    return true
  },
}
