import { Buffer } from 'node:buffer'
import type { SpanBatch } from '../../model/batch.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { type JaegerProcess, JaegerSpans, noProcess, processOf } from './jaeger-spans.ts'
import { JaegerTags, tagKind } from './jaeger-tags.ts'
import { NanoWords } from './nano-words.ts'
import { ThriftReader, thriftType } from './thrift-reader.ts'

/** Largest start and duration, microseconds: in the year 2255. Their sum fits into 64 bits of nanoseconds. */
const maxMicros = 9_000_000_000_000_000

/**
 * Decodes a `Batch` of Jaeger's Thrift model in the binary protocol, as clients post it to `/api/traces`. What becomes of fields
 * and tags: `jaeger-spans.ts`; `parentSpanId` is a reference like the others, and the first.
 * Rejected alone, as `spans[N]`: a span with ids of zero or times out of range, one beyond a limit. `flags` are not kept.
 * Throws: DecodeError where the bytes are no such struct: Thrift has no lengths by which a broken span could be passed over.
 * Source: jaeger-idl, thrift/jaeger.thrift.
 */
export function decodeJaegerThrift(body: Uint8Array, context: DecodeContext): SpanBatch {
  const reader = new ThriftReader(body)
  const first = new BatchReader(reader, context, null)
  if (body.length === 0) return first.spans.finish()
  first.read()
  if (!first.hasLateProcess) return first.spans.finish()
  // Clients write the process first. Where it comes behind spans, these are read again with it.
  reader.position = 0
  const second = new BatchReader(reader, context, first.process)
  second.read()
  return second.spans.finish()
}

/** Kinds by the numbers of TagType. */
const kinds = [tagKind.string, tagKind.double, tagKind.bool, tagKind.int, tagKind.binary]

/** A signed number of 64 bits in its two words. */
interface Words {
  low: number
  high: number
}

class BatchReader {
  readonly spans: JaegerSpans
  /** Read last, or given. */
  process: JaegerProcess
  /** Whether a process was read behind spans that were added without it. */
  hasLateProcess = false
  readonly #isGiven: boolean
  readonly #reader: ThriftReader
  readonly #processTags: JaegerTags
  #spanCount = 0
  readonly #parentId = Buffer.alloc(8)
  /** Microseconds. */
  readonly #start: Words = { low: 0, high: 0 }
  readonly #duration: Words = { low: 0, high: 0 }
  readonly #logMicros: Words = { low: 0, high: 0 }
  readonly #logTime = new NanoWords()
  /** Microseconds of the first log whose time is out of range, as text; '': none. */
  #wrongLogTime = ''

  /** `process`: where it is known before, and is not to be taken from the batch. */
  constructor(reader: ThriftReader, context: DecodeContext, process: JaegerProcess | null) {
    this.#reader = reader
    this.spans = new JaegerSpans(context, reader.bytes)
    this.#processTags = new JaegerTags(reader.bytes)
    this.#isGiven = process !== null
    this.process = process ?? noProcess
  }

  read(): void {
    const reader = this.#reader
    for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
      if (reader.id === 1 && type === thriftType.struct) this.#takeProcess(this.#readProcess())
      else if (reader.id === 2 && type === thriftType.list)
        for (let count = reader.list(thriftType.struct); count > 0; count--) this.#readSpan(this.#spanCount++)
      else reader.skip(type)
  }

  #takeProcess(process: JaegerProcess): void {
    if (this.#isGiven) return
    if (this.#spanCount > 0) this.hasLateProcess = true
    this.process = process
  }

  /** Process: 1 = service name, 2 = tags. */
  #readProcess(): JaegerProcess {
    const reader = this.#reader
    const tags = this.#processTags
    tags.count = 0
    let serviceName = ''
    for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
      if (type === thriftType.string && reader.id === 1) {
        const end = reader.rangeEnd()
        serviceName = reader.bytes.toString('utf8', reader.start, end)
      } else if (type === thriftType.list && reader.id === 2) readTags(reader, tags)
      else reader.skip(type)
    return processOf(serviceName, tags)
  }

  /** Bytes that are no span end the whole; values that cannot be, only the span. */
  #readSpan(index: number): void {
    const path = (): string => `spans[${index}]`
    this.#readFields()
    try {
      this.#takeValues()
      this.spans.add(this.process, path)
    } catch (error) {
      this.spans.reject(error, path)
    }
  }

  #readFields(): void {
    const reader = this.#reader
    const { spans } = this
    spans.begin()
    this.#parentId.fill(0)
    this.#start.low = this.#start.high = this.#duration.low = this.#duration.high = 0
    this.#wrongLogTime = ''
    // The place of the parent, which may be known only behind the others.
    const parent = spans.references.begin()
    spans.references.end(true)
    for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
      if (type === thriftType.i64) this.#readNumber()
      else if (type === thriftType.string && reader.id === 5) {
        spans.nameEnd = reader.rangeEnd()
        spans.nameStart = reader.start
      } else if (type === thriftType.list && reader.id === 6) this.#readReferences()
      else if (type === thriftType.list && reader.id === 10) readTags(reader, spans.tags)
      else if (type === thriftType.list && reader.id === 11) this.#readLogs()
      else reader.skip(type)
    spans.traceId.copy(spans.references.bytes, parent)
    this.#parentId.copy(spans.references.bytes, parent + 16)
    spans.references.takeParentField(!isZero(this.#parentId))
  }

  #readNumber(): void {
    const reader = this.#reader
    reader.i64()
    const { traceId, spanId } = this.spans
    switch (reader.id) {
      case 1:
        reader.copyTo(traceId, 8)
        break
      case 2:
        reader.copyTo(traceId, 0)
        break
      case 3:
        reader.copyTo(spanId, 0)
        break
      case 4:
        reader.copyTo(this.#parentId, 0)
        break
      case 8:
        keepWords(this.#start, reader)
        break
      case 9:
        keepWords(this.#duration, reader)
        break
    }
  }

  /** Throws: DecodeError where an id is zero or a time out of range. */
  #takeValues(): void {
    const { traceId, spanId, start, duration } = this.spans
    if (isZero(traceId)) throw new DecodeError('trace id is zero', 'traceIdLow')
    if (isZero(spanId)) throw new DecodeError('span id is zero', 'spanId')
    if (!takeMicros(start, this.#start)) throw rangeError(microsText(this.#start), 'startTime')
    if (!takeMicros(duration, this.#duration)) throw rangeError(microsText(this.#duration), 'duration')
    if (this.#wrongLogTime !== '') throw rangeError(this.#wrongLogTime, 'timestamp of a log')
  }

  /** SpanRef: 1 = type (0 child of, 1 follows from), 2 and 3 = trace id, low and high, 4 = span id. */
  #readReferences(): void {
    const reader = this.#reader
    const { references } = this.spans
    for (let count = reader.list(thriftType.struct); count > 0; count--) {
      const at = references.begin()
      let refType = 0
      for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
        if (type === thriftType.i32 && reader.id === 1) refType = reader.i32()
        else if (type === thriftType.i64 && reader.id >= 2 && reader.id <= 4) {
          reader.i64()
          reader.copyTo(references.bytes, at + (reader.id === 2 ? 8 : reader.id === 3 ? 0 : 16))
        } else reader.skip(type)
      references.end(refType === 0)
    }
  }

  /** Log: 1 = time, 2 = fields. */
  #readLogs(): void {
    const reader = this.#reader
    const micros = this.#logMicros
    for (let count = reader.list(thriftType.struct); count > 0; count--) {
      micros.low = micros.high = 0
      for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
        if (type === thriftType.i64 && reader.id === 1) {
          reader.i64()
          keepWords(micros, reader)
        } else if (type === thriftType.list && reader.id === 2) readTags(reader, this.spans.logFields)
        else reader.skip(type)
      if (!takeMicros(this.#logTime, micros)) this.#wrongLogTime ||= microsText(micros)
      this.spans.endLog(this.#logTime.low, this.#logTime.high)
    }
  }
}

/** Reads a list of tags: 1 = key, 2 = type, 3 to 7 = the value by its type. */
function readTags(reader: ThriftReader, tags: JaegerTags): void {
  for (let count = reader.list(thriftType.struct); count > 0; count--) {
    let vType = 0
    tags.begin()
    for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
      if (type === thriftType.string && reader.id === 1) {
        tags.keyEnd = reader.rangeEnd()
        tags.keyStart = reader.start
      } else if (type === thriftType.i32 && reader.id === 2) vType = reader.i32()
      else if (!readValue(reader, tags, type)) reader.skip(type)
    tags.end(kinds[vType] ?? tagKind.string)
  }
}

/** Whether the field at hand was a value of a tag. */
function readValue(reader: ThriftReader, tags: JaegerTags, type: number): boolean {
  const { id } = reader
  if (type === thriftType.string && (id === 3 || id === 7)) {
    const end = reader.rangeEnd()
    tags.setValue(id === 3 ? tagKind.string : tagKind.binary, reader.start, end)
  } else if ((type === thriftType.double && id === 4) || (type === thriftType.i64 && id === 6)) {
    reader.i64()
    tags.setValue(id === 4 ? tagKind.double : tagKind.int, reader.low, reader.high)
  } else if (type === thriftType.bool && id === 5) tags.setValue(tagKind.bool, reader.bool() ? 1 : 0, 0)
  else return false
  return true
}

function keepWords(words: Words, { low, high }: Words): void {
  words.low = low
  words.high = high
}

/** Takes microseconds as nanoseconds. False: they are out of range. */
function takeMicros(time: NanoWords, { low, high }: Words): boolean {
  const micros = high * 0x1_0000_0000 + (low >>> 0)
  return micros >= 0 && micros <= maxMicros && time.set(micros, 1_000, 0)
}

function microsText({ low, high }: Words): string {
  return ((BigInt(high) << 32n) | BigInt(low >>> 0)).toString()
}

function rangeError(micros: string, name: string): DecodeError {
  return new DecodeError(`${micros} µs is not between 0 and ${maxMicros}`, name)
}

function isZero(id: Uint8Array): boolean {
  for (let i = 0; i < id.length; i++) if (id[i] !== 0) return false
  return true
}
