import type { Line } from './line.ts'
import { fieldName, type LineFields } from './line-fields.ts'

const method = fieldName('http.request.method')
const path = fieldName('url.path')
const query = fieldName('url.query')
const protocolVersion = fieldName('network.protocol.version')

/** Longest name of a method in RFC 9110 and WebDAV, bytes. */
const longestMethod = 17

/**
 * Reads `GET /path?query HTTP/1.1`, the range taken, into attributes; what is no such request line (`-`, bytes of a TLS
 * handshake) gives none. Source: RFC 9112, section 3.
 */
export function readRequestLine(line: Line, fields: LineFields): void {
  const { bytes, from, to } = line
  let at = from
  while (at < to && at - from <= longestMethod && bytes[at] >= 0x41 && bytes[at] <= 0x5a) at++
  if (at === from || at >= to || bytes[at] !== 0x20) return
  fields.range(method, bytes, { from, to: at })
  const targetFrom = at + 1
  let targetTo = targetFrom
  let question = -1
  for (; targetTo < to && bytes[targetTo] !== 0x20; targetTo++)
    if (question === -1 && bytes[targetTo] === 0x3f) question = targetTo
  fields.range(path, bytes, { from: targetFrom, to: question === -1 ? targetTo : question })
  if (question !== -1) fields.range(query, bytes, { from: question + 1, to: targetTo })
  // `HTTP/` and the version.
  if (targetTo + 6 < to && bytes[targetTo + 5] === 0x2f)
    fields.range(protocolVersion, bytes, { from: targetTo + 6, to })
}
