import { isDigit, isLetter, type Line } from '../line.ts'
import { type FieldName, fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { readAddress } from '../network-address.ts'
import { findPairs } from '../pairs.ts'
import { readRequestLine } from '../request-line.ts'

const logger = fieldName('log.logger')
const pid = fieldName('process.pid')
const processName = fieldName('process.name')
const functionName = fieldName('code.function.name')
const codeLine = fieldName('code.line.number')
const status = fieldName('http.response.status_code')
const client = { address: fieldName('client.address'), port: fieldName('client.port') }

/** Source: Python's logging (basicConfig and its tutorial), Flask, gunicorn, uvicorn, Celery, Loguru. */
export const python: LineFormat = {
  name: 'python',
  title: 'Python: logging, Flask, gunicorn, uvicorn, Celery, Loguru',
  certainty: 86,
  examples: [
    {
      line: '2026-01-31 12:00:00,123 - shop.cart - WARNING - cart is slow cart=7',
      severity: 13,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'log.logger': 'shop.cart', cart: '7' },
    },
    { line: 'ERROR:shop.cart:no answer', severity: 17, attributes: { 'log.logger': 'shop.cart' } },
    {
      line: '[2026-01-31 12:00:00,123] INFO in app: started',
      severity: 9,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'log.logger': 'app' },
    },
    {
      line: '[2026-01-31 12:00:00 +0000] [17] [CRITICAL] WORKER TIMEOUT',
      severity: 21,
      time: '2026-01-31T12:00:00Z',
      attributes: { 'process.pid': '17' },
    },
    {
      line: '[2026-01-31 12:00:00,123: INFO/ForkPoolWorker-2] Task done',
      severity: 9,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'process.name': 'ForkPoolWorker-2' },
    },
    {
      line: '2026-01-31 12:00:00.123 | SUCCESS  | shop.cart:add:42 - added',
      severity: 9,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'log.logger': 'shop.cart', 'code.function.name': 'add', 'code.line.number': '42' },
    },
    {
      line: 'INFO:     10.0.0.9:51234 - "GET /cart?id=7 HTTP/1.1" 404 Not Found',
      severity: 9,
      attributes: {
        'client.address': '10.0.0.9',
        'client.port': '51234',
        'http.request.method': 'GET',
        'url.path': '/cart',
        'url.query': 'id=7',
        'network.protocol.version': '1.1',
        'http.response.status_code': '404',
      },
    },
  ],
  parse(line, fields) {
    const { next } = line
    if (next === 0x5b) return readBracketed(line, fields)
    if (!isDigit(next)) return readBasic(line, fields)
    if (!fields.time.iso(line)) return false
    if (line.text(' | ')) return readLoguru(line, fields)
    return line.text(' - ') && readDashed(line, fields)
  },
}

/** `name - LEVEL - message`, or the level first and maybe a name after it. */
function readDashed(line: Line, fields: LineFields): boolean {
  if (!line.word()) return false
  if (!fields.level(line)) {
    if (!takeName(line, fields, logger) || !line.text(' - ') || !line.letters() || !fields.level(line)) return false
    return line.text(' - ') && finish(line, fields)
  }
  if (!line.text(' - ')) return false
  const message = line.at
  if (!line.word() || !line.text(' - ') || !takeName(line, fields, logger)) line.at = message
  return finish(line, fields)
}

/** `LEVEL:name:message`, and uvicorn's `LEVEL:     message`. */
function readBasic(line: Line, fields: LineFields): boolean {
  if (!line.letters() || !isCapitals(line) || !fields.level(line) || !line.byte(0x3a)) return false
  if (line.blanks()) return readUvicorn(line, fields)
  return line.before(0x3a, 128) && takeName(line, fields, logger) && finish(line, fields)
}

function readUvicorn(line: Line, fields: LineFields): boolean {
  const message = line.at
  // uvicorn pads the level and its colon to ten columns.
  if (message - line.start !== 10) return false
  if (line.word()) {
    const { from, to } = line
    if (line.text(' - ') && line.quoted()) {
      const request = { from: line.from, to: line.to }
      line.from = from
      line.to = to
      readAddress(line, fields, client)
      line.from = request.from
      line.to = request.to
      readRequestLine(line, fields)
      if (line.byte(0x20) && line.digits()) fields.integer(status, line)
      return true
    }
  }
  line.at = message
  return finish(line, fields)
}

function readBracketed(line: Line, fields: LineFields): boolean {
  line.at++
  if (!fields.time.iso(line)) return false
  if (line.text(': ')) {
    if (!line.letters() || !fields.level(line) || !line.byte(0x2f) || !line.before(0x5d, 128)) return false
    fields.string(processName, line)
    return finish(line, fields)
  }
  if (!line.text('] ')) return false
  if (line.byte(0x5b)) {
    if (!line.digits() || !fields.integer(pid, line) || !line.text('] [') || !line.letters()) return false
    return fields.level(line) && line.byte(0x5d) && finish(line, fields)
  }
  if (!line.letters() || !fields.level(line) || !line.text(' in ')) return false
  return line.before(0x3a, 128) && takeName(line, fields, logger) && finish(line, fields)
}

/** `LEVEL    | module:function:line - message`. */
function readLoguru(line: Line, fields: LineFields): boolean {
  if (!line.letters() || !fields.level(line)) return false
  line.skipBlanks()
  if (!line.text('| ') || !line.before(0x3a, 256) || !takeName(line, fields, logger)) return false
  if (!line.before(0x3a, 256)) return false
  fields.string(functionName, line)
  return line.digits() && fields.integer(codeLine, line) && line.text(' - ') && finish(line, fields)
}

function finish(line: Line, fields: LineFields): boolean {
  findPairs(line, fields)
  return true
}

/** The range taken as a name: letters, digits, `_`, `.`, `-`; false where there is something else in it. */
function takeName(line: Line, fields: LineFields, name: FieldName): boolean {
  const { bytes, from, to } = line
  for (let i = from; i < to; i++) {
    const byte = bytes[i]
    if (!isLetter(byte) && !isDigit(byte) && byte !== 0x5f && byte !== 0x2e && byte !== 0x2d) return false
  }
  fields.string(name, line)
  return true
}

function isCapitals({ bytes, from, to }: Line): boolean {
  for (let i = from; i < to; i++) if ((bytes[i] & 0x20) !== 0) return false
  return true
}
