import type { RowJudge } from '../decode-context.ts'
import type { SpanRows } from '../span-rows.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { readKeyValue } from './any-value.ts'

/** Reads the events and links of spans. What is wrong with one is a fault of its span. */
export class SpanEntryReader {
  readonly #rows: SpanRows
  readonly #judge: RowJudge

  constructor(rows: SpanRows, judge: RowJudge) {
    this.#rows = rows
    this.#judge = judge
  }

  /** Reads a Span.Event, before whose length the reader stands. */
  readEvent(reader: ProtobufReader): void {
    const { events } = this.#rows
    this.#judge.begin()
    let timeLow = 0
    let timeHigh = 0
    let nameStart = 0
    let nameEnd = 0
    let droppedAttributesCount = 0
    const outer = reader.enter()
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x09:
          reader.fixed64()
          timeLow = reader.low
          timeHigh = reader.high
          break
        case 0x12:
          nameEnd = reader.rangeEnd()
          nameStart = reader.position
          reader.position = nameEnd
          break
        case 0x1a:
          readKeyValue(reader, events.attributes, this.#judge)
          break
        case 0x20:
          droppedAttributesCount = reader.uint32()
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    this.#judge.judgeText('event name', nameEnd - nameStart)
    if (this.#judge.isBlamed) return
    events.timeUnixNano.addPair(timeLow, timeHigh)
    events.name.add(reader.bytes, nameStart, nameEnd)
    events.droppedAttributesCount.add(droppedAttributesCount)
    events.attributes.endRow()
  }

  /** Reads a Span.Link, before whose length the reader stands. */
  readLink(reader: ProtobufReader): void {
    const { links } = this.#rows
    this.#judge.begin()
    let traceIdStart = 0
    let traceIdEnd = 0
    let spanIdStart = 0
    let spanIdEnd = 0
    let stateStart = 0
    let stateEnd = 0
    let droppedAttributesCount = 0
    let flags = 0
    const outer = reader.enter()
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          traceIdEnd = reader.rangeEnd()
          traceIdStart = reader.position
          reader.position = traceIdEnd
          break
        case 0x12:
          spanIdEnd = reader.rangeEnd()
          spanIdStart = reader.position
          reader.position = spanIdEnd
          break
        case 0x1a:
          stateEnd = reader.rangeEnd()
          stateStart = reader.position
          reader.position = stateEnd
          break
        case 0x22:
          readKeyValue(reader, links.attributes, this.#judge)
          break
        case 0x28:
          droppedAttributesCount = reader.uint32()
          break
        case 0x35:
          flags = reader.fixed32()
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    this.#judgeId('trace id', traceIdEnd - traceIdStart, 16)
    this.#judgeId('span id', spanIdEnd - spanIdStart, 8)
    this.#judge.judgeText('trace state', stateEnd - stateStart)
    if (this.#judge.isBlamed) return
    if (traceIdEnd === traceIdStart) links.traceId.addZero()
    else links.traceId.add(reader.bytes, traceIdStart)
    if (spanIdEnd === spanIdStart) links.spanId.addZero()
    else links.spanId.add(reader.bytes, spanIdStart)
    links.traceState.add(reader.bytes, stateStart, stateEnd)
    links.flags.add(flags)
    links.droppedAttributesCount.add(droppedAttributesCount)
    links.attributes.endRow()
  }

  #judgeId(what: string, bytes: number, wanted: number): void {
    if (bytes !== wanted && bytes !== 0)
      this.#judge.blame('malformed', `${what} of a link has ${bytes} bytes, expected ${wanted}`)
  }
}
