import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'
import { findSeverity } from '../severity-words.ts'
import { readSyslogHead } from '../syslog-head.ts'

/** `Jan 31 12:00:00 host program[pid]: message`: files that syslog daemons write. */
export const syslogFile: LineFormat = {
  name: 'syslog_file',
  title: 'Files written by syslog daemons: /var/log/messages, auth.log',
  certainty: 60,
  examples: [
    {
      line: 'Jan 31 11:58:01 web-1 sshd[2420]: error: kex_exchange_identification: reset user=root',
      severity: 17,
      time: '2026-01-31T11:58:01Z',
      attributes: { 'process.pid': '2420', 'host.name': 'web-1', 'process.name': 'sshd', user: 'root' },
    },
    {
      line: '2026-01-31T11:58:01.5+00:00 web-1 systemd: Started.',
      time: '2026-01-31T11:58:01.5Z',
      attributes: { 'host.name': 'web-1', 'process.name': 'systemd' },
    },
  ],
  parse(line, fields) {
    if (!readSyslogHead(line, fields)) return false
    const message = line.at
    findPairs(line, fields)
    if (fields.severity > 0) return true
    // Only the message tells a severity, not the names before it.
    const { start } = line
    line.start = message
    if (findSeverity(line) > 0) fields.level(line)
    line.start = start
    return true
  },
}
