import type { SpanBatch } from '../../model/batch.ts'
import type { DecodeContext } from '../decode-context.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { type JaegerProcess, JaegerSpans, noProcess, processOf } from './jaeger-spans.ts'
import { JaegerTags, tagKind } from './jaeger-tags.ts'
import { NanoWords } from './nano-words.ts'

/**
 * Decodes a PostSpansRequest of Jaeger's collector API v2. A span's own process goes before the batch's. What becomes of
 * fields and tags: `jaeger-spans.ts`; warnings become the attribute `jaeger.warnings`. Trace ids of 8 bytes are padded.
 * Rejected alone, as `spans[N]`: a span with wrong or zero ids, a malformed one, one beyond a limit.
 * Throws: DecodeError where the batch around the spans is broken, or there are too many spans, logs and references.
 * Source: jaeger-idl, proto/api_v2/collector.proto and model.proto.
 */
export function decodeJaegerProtobuf(body: Uint8Array, context: DecodeContext): SpanBatch {
  const reader = new ProtobufReader(body)
  const batches = new BatchReader(reader, new JaegerSpans(context, reader.bytes))
  while (reader.position < reader.end)
    if (reader.tag() === 0x0a) batches.read()
    else reader.skip()
  return batches.spans.finish()
}

/** Kinds by the numbers of ValueType. */
const kinds = [tagKind.string, tagKind.bool, tagKind.int, tagKind.double, tagKind.binary]

class BatchReader {
  readonly spans: JaegerSpans
  readonly #reader: ProtobufReader
  readonly #processTags: JaegerTags
  readonly #logTime = new NanoWords()
  /** Of the process that a span brought itself and that was read last; most bring the same. */
  #ownStart = 0
  #ownEnd = 0
  #own = noProcess

  constructor(reader: ProtobufReader, spans: JaegerSpans) {
    this.#reader = reader
    this.spans = spans
    this.#processTags = new JaegerTags(reader.bytes)
  }

  /** Reads a batch twice, as the process stands behind the spans: its frame first. */
  read(): void {
    const reader = this.#reader
    const outer = reader.enter()
    const start = reader.position
    let process = noProcess
    while (reader.position < reader.end)
      if (reader.tag() === 0x12) process = this.#readProcess()
      else reader.skip()
    reader.position = start
    let index = 0
    while (reader.position < reader.end)
      if (reader.tag() === 0x0a) this.#readSpan(process, index++)
      else reader.skip()
    reader.leave(outer)
  }

  #readSpan(batchProcess: JaegerProcess, index: number): void {
    const reader = this.#reader
    const path = (): string => `spans[${index}]`
    const outer = reader.enter()
    const end = reader.end
    try {
      this.spans.begin()
      const process = this.#readFields(batchProcess)
      this.#checkEnd()
      this.spans.add(process, path)
    } catch (error) {
      this.spans.reject(error, path)
    }
    // A span that broke off may have left the reader within a message of its own.
    reader.position = end
    reader.end = outer
  }

  #readFields(batchProcess: JaegerProcess): JaegerProcess {
    const reader = this.#reader
    const { spans } = this
    let process = batchProcess
    let ids = 0
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          this.#readId(spans.traceId, 0, 16, 'trace id')
          ids |= 1
          break
        case 0x12:
          this.#readId(spans.spanId, 0, 8, 'span id')
          ids |= 2
          break
        case 0x1a:
          spans.nameEnd = reader.rangeEnd()
          spans.nameStart = reader.position
          reader.position = spans.nameEnd
          break
        case 0x22:
          this.#readReference()
          break
        case 0x32:
          this.#readTime(spans.start)
          break
        case 0x3a:
          this.#readTime(spans.duration)
          break
        case 0x42:
          readTag(reader, spans.tags)
          break
        case 0x4a:
          this.#readLog()
          break
        case 0x52:
          process = this.#readOwnProcess()
          break
        case 0x62:
          spans.warnings.push(reader.text())
          break
        default:
          reader.skip()
      }
    if (ids !== 3) throw reader.error('a span has no trace id or span id')
    return process
  }

  #checkEnd(): void {
    if (!this.spans.start.hasRoomFor(this.spans.duration)) throw this.#reader.error('a span ends after the year 2554')
  }

  /** Writes an id to `target`; a trace id of 8 bytes behind 8 zeros. */
  #readId(target: Uint8Array, at: number, bytes: number, what: string): void {
    const reader = this.#reader
    const end = reader.rangeEnd()
    const start = reader.position
    reader.position = end
    const length = end - start
    if (length !== bytes && !(bytes === 16 && length === 8))
      throw reader.error(`${what} has ${length} bytes, expected ${bytes}`)
    const padding = bytes - length
    for (let i = 0; i < padding; i++) target[at + i] = 0
    let all = 0
    for (let i = 0; i < length; i++) {
      const byte = reader.bytes[start + i]
      target[at + padding + i] = byte
      all |= byte
    }
    if (all === 0) throw reader.error(`${what} is all zero`)
  }

  #readReference(): void {
    const reader = this.#reader
    const { references } = this.spans
    const at = references.begin()
    let ids = 0
    let type = 0
    const outer = reader.enter()
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          this.#readId(references.bytes, at, 16, 'trace id of a reference')
          ids |= 1
          break
        case 0x12:
          this.#readId(references.bytes, at + 16, 8, 'span id of a reference')
          ids |= 2
          break
        case 0x18:
          type = reader.int32()
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    if (ids !== 3) throw reader.error('a reference has no trace id or span id')
    references.end(type === 0)
  }

  /** A Timestamp or Duration: 1 = seconds, 2 = nanoseconds. */
  #readTime(time: NanoWords): void {
    const reader = this.#reader
    let seconds = 0
    let nanos = 0
    const outer = reader.enter()
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x08:
          reader.varint()
          seconds = reader.signed()
          break
        case 0x10:
          nanos = reader.int32()
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    if (!time.set(seconds, 1_000_000_000, nanos))
      throw reader.error(`${seconds} s is no time after 1970 and before 2554`)
  }

  #readLog(): void {
    const reader = this.#reader
    const time = this.#logTime
    time.clear()
    const outer = reader.enter()
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          this.#readTime(time)
          break
        case 0x12:
          readTag(reader, this.spans.logFields)
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    this.spans.endLog(time.low, time.high)
  }

  #readOwnProcess(): JaegerProcess {
    const reader = this.#reader
    const before = reader.position
    const end = reader.rangeEnd()
    const start = reader.position
    const { bytes } = reader
    if (
      end - start !== this.#ownEnd - this.#ownStart ||
      bytes.compare(bytes, this.#ownStart, this.#ownEnd, start, end)
    ) {
      reader.position = before
      this.#own = this.#readProcess()
      this.#ownStart = start
      this.#ownEnd = end
    }
    reader.position = end
    return this.#own
  }

  #readProcess(): JaegerProcess {
    const reader = this.#reader
    const tags = this.#processTags
    tags.count = 0
    let serviceName = ''
    const outer = reader.enter()
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          serviceName = reader.text()
          break
        case 0x12:
          readTag(reader, tags)
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    return processOf(serviceName, tags)
  }
}

/** A field that holds its default is not sent, so that the type says which field counts. */
function readTag(reader: ProtobufReader, tags: JaegerTags): void {
  let type = 0
  tags.begin()
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        tags.keyEnd = reader.rangeEnd()
        tags.keyStart = reader.position
        reader.position = tags.keyEnd
        break
      case 0x10:
        type = reader.int32()
        break
      case 0x1a:
        readRange(reader, tags, tagKind.string)
        break
      case 0x20:
        tags.setValue(tagKind.bool, reader.bool() ? 1 : 0, 0)
        break
      case 0x28:
        reader.varint()
        tags.setValue(tagKind.int, reader.low, reader.high)
        break
      case 0x31:
        reader.fixed64()
        tags.setValue(tagKind.double, reader.low, reader.high)
        break
      case 0x3a:
        readRange(reader, tags, tagKind.binary)
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  tags.end(kinds[type] ?? tagKind.string)
}

function readRange(reader: ProtobufReader, tags: JaegerTags, kind: number): void {
  const end = reader.rangeEnd()
  tags.setValue(kind, reader.position, end)
  reader.position = end
}
