import { Buffer } from 'node:buffer'
import type { RowJudge } from '../decode-context.ts'
import type { SpanRows } from '../span-rows.ts'

/** A trace id of 16 bytes, a span id of 8, and 1 for a child-of or 0. */
const referenceBytes = 25
const spanIdAt = 16
const childOfAt = 24

/** References of one span, without an object for each. Use: `begin`, ids written to `bytes`, `end`. */
export class JaegerReferences {
  /** References one behind the other. */
  bytes = Buffer.alloc(referenceBytes * 4)
  /** Bytes of those noted. */
  #size = 0
  /** Offset of the first that counts. */
  #first = 0
  /** The first is of a field for the parent; a child-of that says the same once more is dropped. */
  #hasParentField = false

  clear(): void {
    this.#size = 0
    this.#first = 0
    this.#hasParentField = false
  }

  /** Offset in `bytes` of the next reference, all zero: its trace id, 16 bytes behind it its span id. */
  begin(): number {
    const at = this.#size
    if (at + referenceBytes > this.bytes.length) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(at)])
    this.bytes.fill(0, at, at + referenceBytes)
    return at
  }

  end(isChildOf: boolean): void {
    this.bytes[this.#size + childOfAt] = isChildOf ? 1 : 0
    this.#size += referenceBytes
  }

  /** Says what the first reference is: what the field for the parent says, or nothing, as the field is not set. */
  takeParentField(isSet: boolean): void {
    this.#hasParentField = isSet
    this.#first = isSet ? 0 : referenceBytes
  }

  /** Offset in `bytes` of the parent's span id: the first child-of in the trace, else the first in it. -1: a root. */
  parentOf(traceId: Buffer): number {
    let first = -1
    for (let at = this.#first; at < this.#size; at += referenceBytes) {
      if (!this.#isOf(traceId, at)) continue
      if (this.bytes[at + childOfAt] === 1) return at + spanIdAt
      if (first < 0) first = at + spanIdAt
    }
    return first
  }

  /** Adds those that are not the parent as links. Throws: DecodeError where there are too many. */
  addLinks(traceId: Buffer, links: SpanRows['links'], judge: RowJudge): void {
    if (this.#first === this.#size) return
    const parent = this.parentOf(traceId) - spanIdAt
    for (let at = this.#first; at < this.#size; at += referenceBytes) {
      if (at === parent || (this.#hasParentField && this.#isParentAgain(traceId, at))) continue
      judge.begin()
      links.traceId.add(this.bytes, at)
      links.spanId.add(this.bytes, at + spanIdAt)
      links.traceState.addEmpty()
      if (judge.judgeAttribute(0, 0)) {
        links.attributes.keyText('opentracing.ref_type')
        links.attributes.text('s', this.bytes[at + childOfAt] === 1 ? 'child_of' : 'follows_from')
      }
      links.flags.add(0)
      links.droppedAttributesCount.add(0)
      links.attributes.endRow()
    }
  }

  #isParentAgain(traceId: Buffer, at: number): boolean {
    const id = at + spanIdAt
    return (
      this.bytes[at + childOfAt] === 1 &&
      this.#isOf(traceId, at) &&
      this.bytes.compare(this.bytes, spanIdAt, spanIdAt + 8, id, id + 8) === 0
    )
  }

  #isOf(traceId: Buffer, at: number): boolean {
    for (let i = 0; i < spanIdAt; i++) if (this.bytes[at + i] !== traceId[i]) return false
    return true
  }
}
