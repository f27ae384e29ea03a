import { fieldName } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { readAddress } from '../network-address.ts'
import { findPairs } from '../pairs.ts'
import { readRequestLine } from '../request-line.ts'

const client = fieldName('client.address')
const user = fieldName('user.name')
const status = fieldName('http.response.status_code')
const bodySize = fieldName('http.response.body.size')
const referer = fieldName('http.request.header.referer')
const userAgent = fieldName('user_agent.original')
const server = { address: fieldName('server.address'), port: fieldName('server.port') }

/**
 * `client ident user [time] "request" status bytes`, then maybe `"referer" "user agent"`, then maybe more, of which
 * `key=value` is read; maybe `host:port` in front. Source: Apache mod_log_config (common, combined, vhost_combined),
 * nginx `combined`.
 */
export const httpAccess: LineFormat = {
  name: 'http_access',
  title: 'Access logs of nginx and Apache (common, combined), also of Caddy, Traefik, gunicorn, morgan, Tomcat',
  certainty: 95,
  examples: [
    {
      line: '203.0.113.7 - ann [31/Jan/2026:12:00:00 +0100] "GET /cart?id=7 HTTP/1.1" 200 512',
      time: '2026-01-31T11:00:00Z',
      attributes: {
        'client.address': '203.0.113.7',
        'user.name': 'ann',
        'http.request.method': 'GET',
        'url.path': '/cart',
        'url.query': 'id=7',
        'network.protocol.version': '1.1',
        'http.response.status_code': '200',
        'http.response.body.size': '512',
      },
    },
    {
      line: '2001:db8::1 - - [31/Jan/2026:12:00:00 +0000] "POST /pay HTTP/2.0" 502 - "-" "curl/8.5.0" rt=0.120',
      time: '2026-01-31T12:00:00Z',
      attributes: {
        'client.address': '2001:db8::1',
        'http.request.method': 'POST',
        'url.path': '/pay',
        'network.protocol.version': '2.0',
        'http.response.status_code': '502',
        'user_agent.original': 'curl/8.5.0',
        rt: '0.12',
      },
    },
  ],
  parse(line, fields) {
    if (!line.word()) return false
    const first = { from: line.from, to: line.to }
    if (!line.byte(0x20) || !line.word()) return false
    const identFrom = line.from
    if (!line.byte(0x20) || !line.word()) return false
    const userRange = { from: line.from, to: line.to }
    if (!line.byte(0x20)) return false
    let clientRange = first
    if (line.next !== 0x5b) {
      // One word more: the first was the server's name and port.
      line.from = first.from
      line.to = first.to
      readAddress(line, fields, server)
      clientRange = { from: identFrom, to: userRange.from - 1 }
      if (!line.before(0x20, 128)) return false
      userRange.from = line.from
      userRange.to = line.to
    }
    if (!line.byte(0x5b) || !fields.time.common(line) || !line.byte(0x5d) || !line.byte(0x20)) return false
    fields.range(client, line.bytes, clientRange)
    line.from = userRange.from
    line.to = userRange.to
    fields.present(user, line)
    if (!line.quoted()) return false
    readRequestLine(line, fields)
    if (!line.byte(0x20) || !line.digits() || line.to - line.from !== 3 || !fields.integer(status, line)) return false
    if (line.byte(0x20) && line.word()) fields.integer(bodySize, line)
    if (!line.byte(0x20)) return true
    if (line.quoted()) fields.present(referer, line)
    if (line.byte(0x20) && line.quoted()) fields.present(userAgent, line)
    if (!line.isAtEnd) findPairs(line, fields)
    return true
  },
}
