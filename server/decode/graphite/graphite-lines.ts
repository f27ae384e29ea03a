import type { Buffer } from 'node:buffer'
import type { MetricBatch } from '../../model/batch.ts'
import { prometheusLabelName, prometheusMetricName } from '../../model/prometheus-names.ts'
import type { SeriesKeys } from '../../model/series-table.ts'
import { DecodeError } from '../../model/sink.ts'
import { floatOf } from '../exposition/float-text.ts'
import type { MetricDecodeContext } from '../metric/metric-context.ts'
import { MetricBatchBuilder } from '../metric/sample-columns.ts'
import { internLabels } from '../metric/series-resolver.ts'

/** Whole lines, the last perhaps without its end, and when they came. */
export interface GraphiteLines {
  readonly bytes: Buffer
  readonly receivedMs: number
}

/** Bytes of a line, for the room that columns are given at first. */
const usualLineBytes = 60

const lineFeed = 0x0a
/** Bytes up to this one part words: blank, tab, carriage return, NUL. */
const lastBlank = 0x20

/** Largest time, seconds: of an unsigned 64-bit number of nanoseconds. */
const maxSeconds = 18_446_744_073

/**
 * Decodes Graphite's plaintext protocol: `path value timestamp`, blanks or tabs between them, tags behind the path as
 * `;tag=value`. Dots and other characters that a Prometheus name may not have become underscores. Timestamps are seconds;
 * `-1`, `N` and none mean the moment of arrival. Rejected alone, as `line N` from 1: what is no line.
 * Throws: DecodeError where more than 10,000 lines are none.
 * Cost: about 0.2 µs for a line of 200 bytes whose path usually follows the one before.
 * Source: Graphite documentation, "Feeding In Your Data" and "Graphite Tag Support".
 */
export function decodeGraphite(blocks: readonly GraphiteLines[], context: MetricDecodeContext): MetricBatch {
  let size = 0
  for (const { bytes } of blocks) size += bytes.length
  const decoder = new GraphiteDecoder(context, size)
  for (const block of blocks) decoder.read(block)
  return decoder.finish()
}

class GraphiteDecoder {
  readonly #context: MetricDecodeContext
  readonly #builder: MetricBatchBuilder
  readonly #keys: SeriesKeys
  #bytes!: Buffer
  #receivedMs = 0
  #line = 0
  #at = 0
  /** Range of the word found last. */
  #start = 0
  #end = 0
  /** The timestamp before, and what it meant: most lines of a sender have the same. */
  #timeBytes: Buffer | null = null
  #timeMs = 0

  constructor(context: MetricDecodeContext, bytes: number) {
    this.#context = context
    this.#builder = new MetricBatchBuilder(context, bytes / usualLineBytes)
    this.#keys = context.series.keysOf('graphite')
  }

  read({ bytes, receivedMs }: GraphiteLines): void {
    this.#bytes = bytes
    this.#receivedMs = receivedMs
    for (this.#at = 0; this.#at < bytes.length; ) {
      if (bytes[this.#at] <= lastBlank) {
        this.#at++
        continue
      }
      this.#line++
      try {
        this.#readLine()
      } catch (error) {
        const line = this.#line
        this.#builder.rejections.addError(error, 1, () => `line ${line}`)
      }
      this.#at = this.#lineEnd()
    }
  }

  finish(): MetricBatch {
    return this.#builder.finish()
  }

  #readLine(): void {
    const bytes = this.#bytes
    const pathStart = this.#at
    let ref = this.#keys.guess(bytes, pathStart, bytes.length)
    const guessEnd = this.#keys.guessEnd
    if (ref >= 0 && guessEnd < bytes.length && bytes[guessEnd] <= lastBlank) this.#at = guessEnd
    else {
      ref = -1
      this.#passWord()
    }
    const pathEnd = this.#at
    const value = this.#nextWord() ? this.#value() : null
    const timestampMs = this.#nextWord() ? this.#time() : this.#receivedMs
    if (value === null || this.#nextWord()) throw new DecodeError('expected PATH VALUE TIMESTAMP', 'the line')
    if (ref < 0) ref = this.#resolve(pathStart, pathEnd)
    if (ref >= 0) this.#builder.add(ref, timestampMs, value)
  }

  /** Ref of the path, or -1 where it is rejected. Throws: DecodeError. */
  #resolve(start: number, end: number): number {
    const known = this.#keys.find(this.#bytes, start, end)
    if (known >= 0) return known
    const found = internLabels(labelsOf(this.#bytes.toString('utf8', start, end)), this.#context)
    if (typeof found === 'number') {
      this.#keys.remember(this.#bytes, start, end, found)
      return found
    }
    const line = this.#line
    this.#builder.rejections.add(found, 1, () => `line ${line}`)
    return -1
  }

  /** Whether the line has another word; its range is `#start` to `#end` then. */
  #nextWord(): boolean {
    const bytes = this.#bytes
    let at = this.#at
    while (at < bytes.length && bytes[at] <= lastBlank && bytes[at] !== lineFeed) at++
    this.#at = this.#start = at
    this.#passWord()
    this.#end = this.#at
    return this.#end > this.#start
  }

  #passWord(): void {
    const bytes = this.#bytes
    let at = this.#at
    while (at < bytes.length && bytes[at] > lastBlank) at++
    this.#at = at
  }

  /** Senders also write `nan`, which is no value. */
  #value(): number {
    const value = numberOf(this.#bytes, this.#start, this.#end)
    if (value === null) throw new DecodeError(`value is ${this.#quoted()}, expected a number`, 'the value')
    return value
  }

  #time(): number {
    const bytes = this.#bytes
    const before = this.#timeBytes
    if (before !== null && isSame(before, bytes, this.#start, this.#end)) return this.#timeMs
    const isNow =
      (this.#end - this.#start === 1 && bytes[this.#start] === 0x4e) ||
      (this.#end - this.#start === 2 && bytes[this.#start] === 0x2d && bytes[this.#start + 1] === 0x31)
    if (isNow) return this.#receivedMs
    const seconds = numberOf(bytes, this.#start, this.#end)
    if (seconds === null || seconds < 0 || seconds > maxSeconds)
      throw new DecodeError(`timestamp is ${this.#quoted()}, expected seconds since 1970`, 'the timestamp')
    this.#timeBytes = bytes.subarray(this.#start, this.#end)
    this.#timeMs = Math.round(seconds * 1000)
    return this.#timeMs
  }

  #quoted(): string {
    return JSON.stringify(this.#bytes.toString('utf8', this.#start, Math.min(this.#end, this.#start + 64)))
  }

  #lineEnd(): number {
    if (this.#bytes[this.#at] === lineFeed) return this.#at + 1
    const found = this.#bytes.indexOf(lineFeed, this.#at)
    return found < 0 ? this.#bytes.length : found + 1
  }
}

/** A finite decimal number; null for anything else. */
function numberOf(bytes: Buffer, start: number, end: number): number | null {
  try {
    const value = floatOf(bytes, start, end)
    return Number.isFinite(value) ? value : null
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}

/** Throws: DecodeError where a tag has no value or nothing usable is left of the path. */
function labelsOf(path: string): [string, string][] {
  const [metric, ...tags] = path.split(';')
  const name = prometheusMetricName(metric, { unit: '', type: 'gauge' })
  if (name === null) throw new DecodeError('nothing of the path can be a name', 'the path')
  const labels = new Map<string, string>([['__name__', name]])
  for (const tag of tags) {
    const equals = tag.indexOf('=')
    if (equals < 1 || equals === tag.length - 1)
      throw new DecodeError(`tag is ${JSON.stringify(tag.slice(0, 64))}, expected NAME=VALUE`, 'the path')
    const label = prometheusLabelName(tag.slice(0, equals))
    if (label !== null && label !== '__name__') labels.set(label, tag.slice(equals + 1))
  }
  return [...labels]
}
