import { isDigit, isLetter, type Line } from '../line.ts'
import { fieldName, type LineFields } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'
import { findPairs } from '../pairs.ts'

const threadName = fieldName('thread.name')
const logger = fieldName('log.logger')
const pid = fieldName('process.pid')

/** Parts between time and message at most: Spring Boot has level, pid, `---`, application, thread, ids and logger. */
const maxParts = 9

/**
 * A time, then level, `[thread]` and logger in the order of the pattern, then ` - ` or `: ` and the message. Of several
 * `[…]` the last is the thread; ids in one (`[traceid-spanid]`) are read. Source: default patterns of Logback,
 * Log4j 1 and 2, Spring Boot, ZooKeeper, Hadoop and Spark.
 */
export const java: LineFormat = {
  name: 'java',
  title: 'Java: Logback, Log4j, Spring Boot; Hadoop, HDFS, Spark, ZooKeeper, Kafka',
  certainty: 85,
  examples: [
    {
      line: '12:00:00.123 [main] WARN  com.shop.Cart - cart is slow cart=7',
      severity: 13,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'thread.name': 'main', 'log.logger': 'com.shop.Cart', cart: '7' },
    },
    {
      line: '2026-01-31T12:00:00.123+01:00  INFO 1234 --- [shop] [nio-8080-exec-1] [0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331] c.shop.web.CartController : added',
      severity: 9,
      time: '2026-01-31T11:00:00.123Z',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      attributes: {
        'process.pid': '1234',
        'thread.name': 'nio-8080-exec-1',
        'log.logger': 'c.shop.web.CartController',
      },
    },
    {
      line: '2026-01-31 12:00:00,123 ERROR [pool-1 worker 2] org.acme.Sync: no answer',
      severity: 17,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { 'thread.name': 'pool-1 worker 2', 'log.logger': 'org.acme.Sync' },
    },
    {
      line: '26/01/31 12:00:00 INFO storage.BlockManager: found block',
      severity: 9,
      time: '2026-01-31T12:00:00Z',
      attributes: { 'log.logger': 'storage.BlockManager' },
    },
    {
      line: '260131 120000 148 INFO dfs.DataNode$Worker: done',
      severity: 9,
      time: '2026-01-31T12:00:00Z',
      attributes: { 'process.pid': '148', 'log.logger': 'dfs.DataNode$Worker' },
    },
  ],
  parse(line, fields) {
    const isBracketed = line.byte(0x5b)
    const { time } = fields
    if (!(time.iso(line) || time.clock(line) || time.shortDate(line) || time.packed(line))) return false
    if (isBracketed && !line.byte(0x5d)) return false
    if (!line.blanks()) return false
    const parts = { threadFrom: -1, threadTo: -1, hasLogger: false }
    for (let part = 0; part < maxParts && !line.isAtEnd; part++) {
      const isRule = readRule(line)
      if (!isRule && !readPart(line, fields, parts)) return false
      line.skipBlanks()
      if (fields.severity > 0 && (parts.hasLogger || (isRule && parts.threadFrom !== -1))) break
    }
    if (fields.severity === 0 || (!parts.hasLogger && parts.threadFrom === -1)) return false
    if (parts.threadFrom !== -1) fields.range(threadName, line.bytes, { from: parts.threadFrom, to: parts.threadTo })
    findPairs(line, fields)
    return true
  },
}

interface Parts {
  threadFrom: number
  threadTo: number
  hasLogger: boolean
}

/** Takes `-`, `---`, `:` or `|` between blanks. */
function readRule(line: Line): boolean {
  const { next, at } = line
  if (next !== 0x2d && next !== 0x3a && next !== 0x7c) return false
  while (line.byte(next));
  if (line.isAtEnd || line.next === 0x20) return true
  line.at = at
  return false
}

function readPart(line: Line, fields: LineFields, parts: Parts): boolean {
  if (line.next === 0x5b) return readBracketed(line, fields, parts)
  if (!line.word()) return false
  const { from, to } = line
  if (fields.severity === 0 && fields.level(line)) return true
  if (isDigit(line.bytes[from])) return fields.integer(pid, line)
  return readLogger(line, fields, { from, to, parts })
}

function readBracketed(line: Line, fields: LineFields, parts: Parts): boolean {
  if (!line.bracketed()) return false
  const { bytes, from, to } = line
  if (fields.severity === 0 && fields.level(line)) return true
  if (to - from === 49 && bytes[from + 32] === 0x2d && fields.ids.trace(bytes, from, from + 32)) {
    fields.ids.span(bytes, from + 33, to)
    return true
  }
  if (to > from) {
    parts.threadFrom = from
    parts.threadTo = to
  }
  return true
}

/** A logger has a colon, or ` - ` or ` : ` after it; and a dot or `$` in it, where no thread came before. */
function readLogger(
  line: Line,
  fields: LineFields,
  { from, to, parts }: { from: number; to: number; parts: Parts },
): boolean {
  const { bytes } = line
  if (!isLetter(bytes[from]) && bytes[from] !== 0x5f) return false
  const end = bytes[to - 1] === 0x3a ? to - 1 : to
  let isDotted = false
  for (let i = from; i < end; i++) {
    if (!isLoggerByte(bytes[i])) return false
    if (bytes[i] === 0x2e || bytes[i] === 0x24) isDotted = true
  }
  line.skipBlanks()
  const isFollowed = end < to || readRule(line)
  if (!isFollowed || (!isDotted && parts.threadFrom === -1)) return false
  fields.range(logger, bytes, { from, to: end })
  parts.hasLogger = true
  return true
}

function isLoggerByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte) || (byte >= 0x2d && byte <= 0x2f) || byte === 0x24 || byte === 0x5f
}
