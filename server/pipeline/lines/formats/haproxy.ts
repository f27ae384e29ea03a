import type { Line } from '../line.ts'
import { type FieldName, fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { readAddress } from '../network-address.ts'
import { readRequestLine } from '../request-line.ts'
import { readSyslogHead } from '../syslog-head.ts'

const client = { address: fieldName('client.address'), port: fieldName('client.port') }
const frontend = fieldName('haproxy.frontend')
const backend = fieldName('haproxy.backend')
const server = fieldName('haproxy.server')
const status = fieldName('http.response.status_code')
const bytesRead = fieldName('haproxy.bytes_read')
const terminationState = fieldName('haproxy.termination_state')

/** Times in ms, -1 where the step was not reached. */
const httpTimes = ['request', 'queue', 'connect', 'response', 'active'].map(timeName)
const tcpTimes = ['queue', 'connect', 'total'].map(timeName)

const connections = ['active', 'frontend', 'backend', 'server'].map((name) => fieldName(`haproxy.connections.${name}`))

function timeName(name: string): FieldName {
  return fieldName(`haproxy.time.${name}`)
}

/** Source: HAProxy configuration manual, 8.2.2 (TCP) and 8.2.3 (HTTP log format), with or without syslog in front. */
export const haproxy: LineFormat = {
  name: 'haproxy',
  title: 'HAProxy, HTTP and TCP log format',
  certainty: 98,
  examples: [
    {
      line: 'Jan 31 12:00:00 lb-1 haproxy[14389]: 10.0.1.2:33317 [31/Jan/2026:12:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {shop.example} {} "GET /index.html?a=1 HTTP/1.1"',
      time: '2026-01-31T12:00:00.655Z',
      attributes: {
        'process.pid': '14389',
        'host.name': 'lb-1',
        'process.name': 'haproxy',
        'client.address': '10.0.1.2',
        'client.port': '33317',
        'haproxy.frontend': 'http-in',
        'haproxy.backend': 'static',
        'haproxy.server': 'srv1',
        'haproxy.time.request': '10',
        'haproxy.time.queue': '0',
        'haproxy.time.connect': '30',
        'haproxy.time.response': '69',
        'haproxy.time.active': '109',
        'http.response.status_code': '200',
        'haproxy.bytes_read': '2750',
        'haproxy.termination_state': '----',
        'haproxy.connections.active': '1',
        'haproxy.connections.frontend': '1',
        'haproxy.connections.backend': '1',
        'haproxy.connections.server': '1',
        'http.request.method': 'GET',
        'url.path': '/index.html',
        'url.query': 'a=1',
        'network.protocol.version': '1.1',
      },
    },
    {
      line: '10.0.1.2:33313 [31/Jan/2026:12:00:00.655] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0',
      time: '2026-01-31T12:00:00.655Z',
      attributes: {
        'client.address': '10.0.1.2',
        'client.port': '33313',
        'haproxy.frontend': 'fnt',
        'haproxy.backend': 'bck',
        'haproxy.server': 'srv1',
        'haproxy.time.queue': '0',
        'haproxy.time.connect': '0',
        'haproxy.time.total': '5007',
        'haproxy.bytes_read': '212',
        'haproxy.termination_state': '--',
        'haproxy.connections.active': '0',
        'haproxy.connections.frontend': '0',
        'haproxy.connections.backend': '0',
        'haproxy.connections.server': '0',
      },
    },
  ],
  parse(line, fields) {
    if (!readSyslogHead(line, fields)) {
      line.rewind()
      fields.begin()
    }
    if (!line.word()) return false
    const address = { from: line.from, to: line.to }
    if (!line.text(' [') || !fields.time.common(line) || !line.text('] ')) return false
    line.from = address.from
    line.to = address.to
    readAddress(line, fields, client)
    if (!line.word()) return false
    // `~` marks a frontend with TLS.
    if (line.bytes[line.to - 1] === 0x7e) line.to--
    fields.string(frontend, line)
    if (!line.byte(0x20) || !line.before(0x2f, 256)) return false
    fields.string(backend, line)
    if (!line.word()) return false
    fields.string(server, line)
    if (!line.byte(0x20)) return false
    const isHttp = countSlashes(line) === 4
    if (!readNumbers(line, fields, isHttp ? httpTimes : tcpTimes)) return false
    return readRest(line, fields, isHttp)
  },
}

function readRest(line: Line, fields: LineFields, isHttp: boolean): boolean {
  if (isHttp && (!line.byte(0x20) || !line.word() || !fields.integer(status, line))) return false
  if (!line.byte(0x20) || !line.word()) return false
  if (line.bytes[line.from] === 0x2b) line.from++
  if (!fields.integer(bytesRead, line) || !line.byte(0x20)) return false
  // Two cookies that were captured.
  if (isHttp && !(line.word() && line.byte(0x20) && line.word() && line.byte(0x20))) return false
  if (!line.word()) return false
  fields.string(terminationState, line)
  if (!line.byte(0x20)) return false
  readNumbers(line, fields, connections)
  // Queues and captured headers; the request is what stands in quotes at the end.
  while (isHttp && !line.isAtEnd)
    if (line.next === 0x22 && line.quoted()) readRequestLine(line, fields)
    else line.at++
  return true
}

/** Slashes in the word that comes next. */
function countSlashes({ bytes, at, end }: Line): number {
  let count = 0
  for (let i = at; i < end && bytes[i] !== 0x20; i++) if (bytes[i] === 0x2f) count++
  return count
}

/** Reads `a/b/c` of whole numbers, `-1` and `+17` among them, as many as there are names; more are passed over. */
function readNumbers(line: Line, fields: LineFields, names: readonly FieldName[]): boolean {
  for (let i = 0; i < names.length; i++) {
    if (i > 0 && !line.byte(0x2f)) return false
    line.byte(0x2b)
    const from = line.at
    line.byte(0x2d)
    if (!line.digits()) return false
    line.from = from
    fields.typed(names[i], line)
  }
  while (!line.isAtEnd && line.next !== 0x20) line.at++
  return true
}
