import type { FoundLogs } from '../../query/logs/find-logs.ts'
import { formatInstant } from '../../query/time/instant.ts'
import { terminalText } from './figures.ts'

type LogLine = FoundLogs['logs'][number]

/** Further lines of one record stand below its first. */
const indent = '\n        '

/** Log records for a terminal: `[ERROR] message`, then when and which service; other records of a trace below. */
export function logsText(found: FoundLogs): string {
  const lines = found.logs.map(lineText)
  if (found.message !== undefined && found.logs.length === 0) lines.push(found.message)
  if (found.isTruncated) lines.push('… more records match; narrow the time or ask for more with limit=')
  if (found.context.length > 0) {
    lines.push(...(found.logs.length > 0 ? [] : ['Of the same trace and service at other levels:']))
    lines.push(...found.context.map(lineText))
  }
  if (found.message !== undefined && found.logs.length > 0) lines.push(found.message)
  return `${lines.join('\n')}\n`
}

function lineText(line: LogLine): string {
  const time = formatInstant((line.timeNs / 1_000_000n) * 1_000_000n).slice(0, -1)
  const clock = time.slice(0, 19).replace('T', ' ') + (time.length > 19 ? time.slice(19) : '.000')
  return `[${line.level}] ${terminalText(line.body, indent)}  (${clock} ${terminalText(line.service)})`
}
