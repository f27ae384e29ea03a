import { Buffer } from 'node:buffer'
import type { Labels } from './series-table.ts'

/**
 * The canonical bytes of a series: its labels sorted by name (JavaScript's `<`), each written as field 1 of
 * remote_write's TimeSeries with the shortest varints, nothing else. A sender that sorts its labels thus sends the
 * canonical bytes themselves, and they are kept once. `seriesHash` is the xxh64 (seed 0) of these bytes, so they are
 * part of the identity of stored series and must never change.
 *
 *   0x0a length  0x0a nameLength name  0x12 valueLength value     per label
 *
 * Source: prometheus/prompb types.proto (TimeSeries.labels, Label).
 */
const labelTag = 0x0a
const nameTag = 0x0a
const valueTag = 0x12

let scratch = Buffer.allocUnsafeSlow(4096)

/** Writes the canonical bytes into memory that the next call reuses; the answer is a view of it. */
export function canonicalLabelBytes(labels: Labels): Buffer {
  let most = 0
  for (const [name, value] of labels) most += (name.length + value.length) * 3 + 18
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most * 2)
  let at = 0
  for (const [name, value] of labels) {
    // Lengths are known only after the text: short labels leave one byte for each length.
    const nameBytes = textLength(name)
    const valueBytes = textLength(value)
    const inner = 2 + varintSize(nameBytes) - 1 + nameBytes + 2 + varintSize(valueBytes) - 1 + valueBytes
    scratch[at++] = labelTag
    at = writeVarint(at, inner)
    scratch[at++] = nameTag
    at = writeText(writeVarint(at, nameBytes), name, nameBytes)
    scratch[at++] = valueTag
    at = writeText(writeVarint(at, valueBytes), value, valueBytes)
  }
  return scratch.subarray(0, at)
}

/** Labels of canonical bytes. */
export function labelsOfCanonical(bytes: Uint8Array): Labels {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const labels: [string, string][] = []
  forEachCanonicalLabel(source, (nameStart, nameEnd, valueStart, valueEnd) => {
    labels.push([source.toString('utf8', nameStart, nameEnd), source.toString('utf8', valueStart, valueEnd)])
  })
  return labels
}

type LabelRange = (nameStart: number, nameEnd: number, valueStart: number, valueEnd: number) => void

/** Calls `visit` with where each label of canonical bytes stands. */
export function forEachCanonicalLabel(bytes: Uint8Array, visit: LabelRange): void {
  let at = 0
  const readLength = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    at++
    readLength()
    at++
    const nameEnd = readLength() + at
    const nameStart = at
    at = nameEnd + 1
    const valueEnd = readLength() + at
    visit(nameStart, nameEnd, at, valueEnd)
    at = valueEnd
  }
}

/**
 * Whether a protobuf label list is canonical already: labels complete and in the shortest encoding, names ascending
 * and not empty, values not empty, all of it ASCII. (Canonical bytes beyond ASCII are answered with false too: they
 * are to be decoded and written anew.)
 */
export function isCanonicalAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  let lastStart = 0
  let lastEnd = 0
  while (at < end) {
    // Lengths of one byte only where the label is short; longer labels take the general way.
    const labelEnd = at + 2 + bytes[at + 1]
    const nameStart = at + 4
    const nameEnd = nameStart + bytes[at + 3]
    const valueStart = nameEnd + 2
    if (bytes[at] !== labelTag || bytes[at + 1] > 0x7f || bytes[at + 2] !== nameTag || labelEnd > end) return false
    if (nameEnd === nameStart || valueStart >= labelEnd || bytes[nameEnd] !== valueTag) return false
    if (valueStart + bytes[nameEnd + 1] !== labelEnd) return false
    for (let i = nameStart; i < nameEnd; i++) if (bytes[i] > 0x7f) return false
    for (let i = valueStart; i < labelEnd; i++) if (bytes[i] > 0x7f) return false
    if (lastEnd > 0 && !isBefore(bytes, { lastStart, lastEnd, nameStart, nameEnd })) return false
    lastStart = nameStart
    lastEnd = nameEnd
    at = labelEnd
  }
  return at === end
}

function isBefore(
  bytes: Uint8Array,
  names: { lastStart: number; lastEnd: number; nameStart: number; nameEnd: number },
): boolean {
  const { lastStart, lastEnd, nameStart, nameEnd } = names
  const shorter = Math.min(lastEnd - lastStart, nameEnd - nameStart)
  for (let i = 0; i < shorter; i++) {
    const difference = bytes[lastStart + i] - bytes[nameStart + i]
    if (difference !== 0) return difference < 0
  }
  return lastEnd - lastStart < nameEnd - nameStart
}

/** Puts labels into the order of canonical bytes. Sorts in place. */
export function sortLabels(labels: [string, string][]): [string, string][] {
  return labels.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size++
  return size
}

function writeVarint(start: number, value: number): number {
  let at = start
  let rest = value
  while (rest > 0x7f) {
    scratch[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  scratch[at++] = rest
  return at
}

/** UTF-8 length; a loop is faster than a call for the short text of labels. */
function textLength(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text)
  return text.length
}

function writeText(at: number, text: string, bytes: number): number {
  if (bytes !== text.length) return at + scratch.write(text, at, 'utf8')
  for (let i = 0; i < bytes; i++) scratch[at + i] = text.charCodeAt(i)
  return at + bytes
}
