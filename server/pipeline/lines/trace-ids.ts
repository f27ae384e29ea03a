import type { Buffer } from 'node:buffer'
import { isDigit, isLetter, type Line } from './line.ts'

const traceBytes = 16
const spanBytes = 8

/** Longest id in text, bytes: a traceparent, and room for what later versions add. */
const maxIdBytes = 80

/** Most decimal digits of an unsigned 64-bit number. */
const maxDecimalDigits = 20

/**
 * Trace and span id found in a line, and the reading of them in the forms that libraries write:
 * 32 and 16 hexadecimal digits (OpenTelemetry, W3C), 16 for a trace (B3 of 64 bits: zeros in front), and decimal
 * numbers of 64 bits (Datadog). An id of zeros is none. The first found of a line stays.
 */
export class TraceIds {
  readonly traceId = new Uint8Array(traceBytes)
  readonly spanId = new Uint8Array(spanBytes)
  hasTrace = false
  hasSpan = false
  /** W3C trace flags, -1 where the line has none. */
  flags = -1

  clear(): void {
    this.hasTrace = false
    this.hasSpan = false
    this.flags = -1
  }

  /** Reads `[from, to)` as a trace id; false where it is none. */
  trace(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.hasTrace) return false
    const digits = to - from
    if (digits !== 32 && digits !== 16) return false
    this.traceId.fill(0)
    this.hasTrace = readHex(this.traceId, bytes, { from, to })
    return this.hasTrace
  }

  /** Reads `[from, to)` as a span id; false where it is none. */
  span(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.hasSpan || to - from !== 16) return false
    this.hasSpan = readHex(this.spanId, bytes, { from, to })
    return this.hasSpan
  }

  /** `version-traceid-spanid-flags`. Source: W3C Trace Context, section 3.2.2. */
  traceparent(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from < 55 || bytes[from + 2] !== 0x2d || bytes[from + 35] !== 0x2d || bytes[from + 52] !== 0x2d)
      return false
    if (!this.trace(bytes, from + 3, from + 35)) return false
    this.span(bytes, from + 36, from + 52)
    const flags = hexDigit(bytes[from + 53]) * 16 + hexDigit(bytes[from + 54])
    if (flags >= 0) this.flags = flags
    return true
  }

  /** Datadog's trace id: a decimal number of 64 bits, or 32 hexadecimal digits. */
  datadogTrace(bytes: Buffer, from: number, to: number): boolean {
    if (this.hasTrace) return false
    if (to - from === 32) return this.trace(bytes, from, to)
    this.traceId.fill(0)
    this.hasTrace = readDecimal(this.traceId, bytes, { from, to })
    return this.hasTrace
  }

  /** Datadog's span id: a decimal number of 64 bits. */
  datadogSpan(bytes: Buffer, from: number, to: number): boolean {
    if (this.hasSpan) return false
    this.hasSpan = readDecimal(this.spanId, bytes, { from, to })
    return this.hasSpan
  }
}

/** Reads hexadecimal digits to the end of `into`; false where one is none, or all are zero. */
function readHex(into: Uint8Array, bytes: Uint8Array, { from, to }: { from: number; to: number }): boolean {
  let some = 0
  let place = into.length - (to - from) / 2
  for (let i = from; i < to; i += 2) {
    const value = hexDigit(bytes[i]) * 16 + hexDigit(bytes[i + 1])
    if (!(value >= 0)) return false
    some |= value
    into[place++] = value
  }
  return some !== 0
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : Number.NaN
}

/** Reads an unsigned decimal number into the last 8 bytes of `into`, big-endian. */
function readDecimal(into: Uint8Array, bytes: Buffer, { from, to }: { from: number; to: number }): boolean {
  if (to === from || to - from > maxDecimalDigits) return false
  for (let i = from; i < to; i++) if (!isDigit(bytes[i])) return false
  let value = BigInt(bytes.toString('latin1', from, to))
  if (value === 0n || BigInt.asUintN(64, value) !== value) return false
  for (let i = into.length - 1; i >= into.length - spanBytes; i--, value >>= 8n) into[i] = Number(value & 0xffn)
  return true
}

/**
 * Looks for ids in free text. `at` is where `race` stands: the caller finds that in all lines at once
 * (`understand-lines.ts`). Found are `trace_id`, `traceId`, `trace.id`, `trace-id`, `TraceID`, `dd.trace_id`,
 * `X-B3-TraceId` and `traceparent`, then `=` or `:`, blanks and quotes, then the id; the span id under the same names
 * with `span`, anywhere in the line. False where what stands there is something else.
 */
export function findTraceIds(ids: TraceIds, line: Line, at: number): boolean {
  const { bytes } = line
  const begin = at - 1
  if (begin < line.start || (bytes[begin] | 0x20) !== 0x74) return false
  const suffix = at + 4
  if (isWord(bytes, suffix, 'parent')) {
    if (!valueAfter(line, suffix + 6)) return false
    return ids.traceparent(bytes, line.from, line.to)
  }
  const after = afterId(bytes, suffix, line.end)
  if (after === -1 || !valueAfter(line, after)) return false
  const isDatadog = begin >= line.start + 3 && isWord(bytes, begin - 3, 'dd.')
  const found = isDatadog ? ids.datadogTrace(bytes, line.from, line.to) : ids.trace(bytes, line.from, line.to)
  if (found) findSpan(ids, line, isDatadog)
  return found
}

function findSpan(ids: TraceIds, line: Line, isDatadog: boolean): void {
  const { bytes, end } = line
  for (let at = line.start; at + 8 < end; at++) {
    if ((bytes[at] | 0x20) !== 0x73 || !isWord(bytes, at + 1, 'pan')) continue
    const after = afterId(bytes, at + 4, end)
    if (after === -1 || !valueAfter(line, after)) continue
    if (isDatadog ? ids.datadogSpan(bytes, line.from, line.to) : ids.span(bytes, line.from, line.to)) return
  }
}

/** Where `id`, `_id`, `.id` or `-id` ends, in any case; -1 where it is none of these. */
function afterId(bytes: Uint8Array, at: number, end: number): number {
  const separator = bytes[at]
  const id = separator === 0x5f || separator === 0x2e || separator === 0x2d ? at + 1 : at
  return id + 2 < end && isWord(bytes, id, 'id') && !isLetter(bytes[id + 2]) ? id + 2 : -1
}

/** Takes the value after `=` or `:`; blanks and quotes (escaped ones too) around both are passed over. */
function valueAfter(line: Line, at: number): boolean {
  const { bytes, end } = line
  let from = at
  let isAssigned = false
  for (; from < end && from < at + 8; from++) {
    const byte = bytes[from]
    if (byte === 0x3d || byte === 0x3a) isAssigned = true
    else if (byte !== 0x20 && byte !== 0x22 && byte !== 0x27 && byte !== 0x5c) break
  }
  let to = from
  const most = Math.min(end, from + maxIdBytes)
  while (to < most && (isDigit(bytes[to]) || isLetter(bytes[to]) || bytes[to] === 0x2d)) to++
  line.from = from
  line.to = to
  return isAssigned && to > from
}

/** Whether this lower-case word stands at `at`, in any case. */
function isWord(bytes: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if ((bytes[at + i] | 0x20) !== word.charCodeAt(i)) return false
  return true
}
