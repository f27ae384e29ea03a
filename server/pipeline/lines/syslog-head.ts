import type { Line } from './line.ts'
import { fieldName, type LineFields } from './line-fields.ts'

const host = fieldName('host.name')
const processName = fieldName('process.name')
const pid = fieldName('process.pid')

/** Longest host or program name, bytes. */
const maxNameBytes = 128

/**
 * Reads `Jan 31 12:00:00 host program[pid]: `, or the same with an ISO time, as syslog daemons write files.
 * Source: RFC 3164, section 4.1; rsyslog's RSYSLOG_FileFormat.
 */
export function readSyslogHead(line: Line, fields: LineFields): boolean {
  if (!fields.time.syslog(line) && !fields.time.iso(line)) return false
  if (!line.byte(0x20) || !line.word() || line.to - line.from > maxNameBytes) return false
  const hostRange = { from: line.from, to: line.to }
  if (!line.byte(0x20)) return false
  const { bytes, at, end } = line
  let to = at
  while (to < end && bytes[to] > 0x20 && bytes[to] !== 0x5b && bytes[to] !== 0x3a) to++
  if (to === at || to === end || to - at > maxNameBytes) return false
  const hasPid = bytes[to] === 0x5b
  line.at = to + 1
  if (hasPid) {
    if (!line.digits() || !line.text(']:')) return false
    fields.integer(pid, line)
  } else if (bytes[to] !== 0x3a) return false
  fields.range(host, bytes, hostRange)
  fields.range(processName, bytes, { from: at, to })
  line.skipBlanks()
  return true
}
