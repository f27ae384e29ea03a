import { Buffer, isUtf8 } from 'node:buffer'
import { sortLabels } from '../../model/label-bytes.ts'
import { DecodeError } from '../../model/sink.ts'
import type { Fault, MetricLimits } from './metric-context.ts'

/** The label that holds the metric's name. */
export const metricNameLabel = '__name__'

/** Labels of which each is shorter than this cannot pass the limits on length, as long as those are no smaller. */
export const shortLabelBytes = 128

const nameBytes = Buffer.from(metricNameLabel)

/**
 * Makes labels as they were sent into the labels of a series, in place: sorted, without those that have no value
 * (an empty value is the same as none). The answer is what is wrong with them, or null.
 * Names may hold any characters, as in Prometheus 3, and must not be empty.
 */
export function normaliseLabels(labels: [string, string][], limits: MetricLimits): Fault | null {
  sortLabels(labels)
  let kept = 0
  let before = ''
  for (const label of labels) {
    const [name, value] = label
    if (name === '') return { reason: 'invalid_name', message: 'a label has an empty name' }
    if (name === before) return { reason: 'duplicate_label', message: `label ${quoted(name)} stands twice` }
    if (isTooLong(name, limits.maxLabelNameBytes)) return tooLong('name', name, limits.maxLabelNameBytes)
    if (isTooLong(value, limits.maxLabelValueBytes)) return tooLong('value', name, limits.maxLabelValueBytes)
    if (value !== '') labels[kept++] = label
    before = name
  }
  labels.length = kept
  if (kept > limits.maxLabels)
    return { reason: 'too_many_labels', message: `${kept} labels, at most ${limits.maxLabels}` }
  if (!labels.some(([name]) => name === metricNameLabel))
    return { reason: 'invalid_name', message: `no metric name (label ${metricNameLabel})` }
  return null
}

function isTooLong(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes
}

function tooLong(part: 'name' | 'value', name: string, maxBytes: number): Fault {
  return {
    reason: 'label_too_long',
    message: `the ${part} of label ${quoted(name)} has more than ${maxBytes} bytes`,
  }
}

/** A name for people: in quotes, cut to 64 characters. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name)
}

/** Number of labels in canonical bytes, 0 where there is no metric name among them. */
export function countNamedLabels(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  let isNamed = false
  for (let at = start; at < end; at += 2 + bytes[at + 1]) {
    count++
    isNamed ||= bytes[at + 3] === nameBytes.length && isName(bytes, at + 4)
  }
  return isNamed ? count : 0
}

function isName(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < nameBytes.length; i++) if (bytes[at + i] !== nameBytes[i]) return false
  return true
}

/** Text of a range that must be valid UTF-8. Throws: DecodeError. */
export function strictText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  // Only invalid UTF-8 and a true U+FFFD come out as U+FFFD.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end)))
    throw new DecodeError(`text is not valid UTF-8: ${quoted(text)}`, `byte ${start}`)
  return text
}
