import { fieldName } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { readAddress } from '../network-address.ts'

const moduleName = fieldName('apache.module')
const pid = fieldName('process.pid')
const threadId = fieldName('thread.id')
const client = { address: fieldName('client.address'), port: fieldName('client.port') }

/** `[weekday time] [module:level] [pid n:tid n] [client a:p] message`. Source: Apache httpd, ErrorLogFormat. */
export const apacheError: LineFormat = {
  name: 'apache_error',
  title: 'Error log of the Apache HTTP server, 2.0 and later',
  certainty: 95,
  examples: [
    {
      line: '[Sat Jan 31 12:00:00.123456 2026] [proxy:error] [pid 31:tid 7] [client 203.0.113.7:52144] AH01114: failed to make connection',
      severity: 17,
      time: '2026-01-31T12:00:00.123456Z',
      attributes: {
        'apache.module': 'proxy',
        'process.pid': '31',
        'thread.id': '7',
        'client.address': '203.0.113.7',
        'client.port': '52144',
      },
    },
    { line: '[Sat Jan 31 12:00:00 2026] [notice] ready', severity: 10, time: '2026-01-31T12:00:00Z' },
  ],
  parse(line, fields) {
    if (!line.byte(0x5b) || !fields.time.weekday(line) || !line.byte(0x5d) || !line.blanks() || !line.byte(0x5b))
      return false
    if (!line.before(0x5d, 64)) return false
    const { from, to, at } = line
    let colon = to - 1
    while (colon > from && line.bytes[colon] !== 0x3a) colon--
    line.from = colon > from ? colon + 1 : from
    if (!fields.level(line)) return false
    if (colon > from) fields.range(moduleName, line.bytes, { from, to: colon })
    line.at = at
    line.skipBlanks()
    if (line.text('[pid ') && line.digits()) {
      fields.integer(pid, line)
      if (line.text(':tid ') && line.digits()) fields.integer(threadId, line)
      line.byte(0x5d)
      line.skipBlanks()
    }
    if (line.text('[client ') && line.before(0x5d, 128)) readAddress(line, fields, client)
    return true
  },
}
