import { Buffer } from 'node:buffer'

/** Names of facilities 0 to 23. Source: RFC 5424, table 1; short names as in syslog.conf. */
const facilities = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
]

/** OTLP number and short name of severities 0 to 7. Source: OpenTelemetry logs data model, appendix B. */
const severities: readonly (readonly [number: number, text: string])[] = [
  [21, 'emerg'],
  [19, 'alert'],
  [18, 'crit'],
  [17, 'err'],
  [13, 'warning'],
  [10, 'notice'],
  [9, 'info'],
  [5, 'debug'],
]

/** By priority: what it says, its texts in UTF-8. */
export const prioritySayings = Array.from({ length: 192 }, (_, priority) => {
  const [severityNumber, severityText] = severities[priority & 7]
  return { severityNumber, severity: Buffer.from(severityText), facility: Buffer.from(facilities[priority >> 3]) }
})

/** What the number in front of a message says. */
export interface Priority {
  readonly facility: string
  readonly severityNumber: number
  readonly severityText: string
  /** Where the message goes on behind `<13>`. */
  readonly end: number
}

/** The priority in front of a message; null where it has none (1 to 3 digits in angle brackets, at most 191). */
export function readPriority(head: string): Priority | null {
  const match = /^<(\d{1,3})>/.exec(head)
  if (match === null || Number(match[1]) > 191) return null
  const [severityNumber, severityText] = severities[Number(match[1]) & 7]
  return { facility: facilities[Number(match[1]) >> 3], severityNumber, severityText, end: match[0].length }
}
