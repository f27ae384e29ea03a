import type { Line } from '../line.ts'
import { type FieldName, fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { readRequestLine } from '../request-line.ts'

const pid = fieldName('process.pid')
const threadId = fieldName('thread.id')
const connection = fieldName('nginx.connection')

/** What nginx writes after the message, each once: name, and the attribute it becomes. `request` is read apart. */
const clauses: readonly (readonly [text: string, name: FieldName])[] = [
  [', client: ', fieldName('client.address')],
  [', server: ', fieldName('server.address')],
  [', upstream: "', fieldName('nginx.upstream')],
  [', host: "', fieldName('http.request.header.host')],
  [', referrer: "', fieldName('http.request.header.referer')],
]

/** `yyyy/mm/dd hh:mm:ss [level] pid#tid: *connection message, client: …`. Source: nginx, ngx_log_error_core. */
export const nginxError: LineFormat = {
  name: 'nginx_error',
  title: 'Error log of nginx',
  certainty: 95,
  examples: [
    {
      line: '2026/01/31 12:00:00 [error] 31#7: *1234 connect() failed (111: Connection refused), client: 203.0.113.7, server: shop.example, request: "GET /cart HTTP/1.1", upstream: "http://10.0.0.5:8080/cart", host: "shop.example"',
      severity: 17,
      time: '2026-01-31T12:00:00Z',
      attributes: {
        'process.pid': '31',
        'thread.id': '7',
        'nginx.connection': '1234',
        'client.address': '203.0.113.7',
        'server.address': 'shop.example',
        'http.request.method': 'GET',
        'url.path': '/cart',
        'network.protocol.version': '1.1',
        'nginx.upstream': 'http://10.0.0.5:8080/cart',
        'http.request.header.host': 'shop.example',
      },
    },
  ],
  parse(line, fields) {
    if (!fields.time.iso(line) || !line.blanks() || !line.bracketed() || !fields.level(line) || !line.blanks())
      return false
    if (!line.digits() || !fields.integer(pid, line) || !line.byte(0x23)) return false
    if (!line.digits() || !fields.integer(threadId, line) || !line.byte(0x3a)) return false
    line.skipBlanks()
    if (line.byte(0x2a) && line.digits()) fields.integer(connection, line)
    readClauses(line, fields)
    return true
  },
}

function readClauses(line: Line, fields: LineFields): void {
  const { bytes, end } = line
  for (let at = line.at; at + 2 < end; at++) {
    if (bytes[at] !== 0x2c || bytes[at + 1] !== 0x20) continue
    line.at = at
    if (line.text(', request: ') && line.quoted()) readRequestLine(line, fields)
    else readClause(line, fields)
    if (line.at > at) at = line.at - 1
  }
}

function readClause(line: Line, fields: LineFields): void {
  for (const [text, name] of clauses) {
    if (!line.text(text)) continue
    if (text.endsWith('"')) line.at--
    if (line.next === 0x22 ? line.quoted() : takeToComma(line)) fields.string(name, line)
    return
  }
}

function takeToComma(line: Line): boolean {
  const { bytes, end, at } = line
  let to = at
  while (to < end && bytes[to] !== 0x2c) to++
  line.from = at
  line.to = to
  line.at = to
  return to > at
}
