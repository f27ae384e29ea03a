import { isDigit } from '../line.ts'
import { fieldName } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'

const threadId = fieldName('thread.id')
const codeFile = fieldName('code.file.path')
const codeLine = fieldName('code.line.number')

const severities: Readonly<Record<number, number>> = { 73: 9, 87: 13, 69: 17, 70: 21 }

/** `Lmmdd hh:mm:ss.uuuuuu threadid file:line] message`. Source: klog and glog, header format. */
export const klog: LineFormat = {
  name: 'klog',
  title: 'klog and glog: Kubernetes components, etcd tools, TensorFlow',
  certainty: 95,
  examples: [
    {
      line: 'E0131 11:59:59.123456   17 reflector.go:147] Failed to watch pods="default/a" err="connection refused"',
      severity: 17,
      time: '2026-01-31T11:59:59.123456Z',
      attributes: {
        'thread.id': '17',
        'code.file.path': 'reflector.go',
        'code.line.number': '147',
        pods: 'default/a',
        err: 'connection refused',
      },
    },
  ],
  parse(line, fields) {
    const severity = severities[line.next]
    if (severity === undefined || line.at + 1 >= line.end || !isDigit(line.bytes[line.at + 1])) return false
    line.at++
    if (!fields.time.monthDay(line) || !line.blanks() || !line.digits()) return false
    fields.integer(threadId, line)
    if (!line.blanks() || !line.before(0x3a, 256)) return false
    fields.string(codeFile, line)
    if (!line.digits() || !fields.integer(codeLine, line) || !line.byte(0x5d)) return false
    fields.severity = severity
    findPairs(line, fields)
    return true
  },
}
