import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { afterBlanks } from '../log-line/json-entries.ts'
import { newLogKey } from '../log-line/log-keys.ts'
import { type PlainLines, plainLines } from '../log-line/plain-lines.ts'
import { attributeOf } from '../log-line-fields.ts'
import { LogRecords } from '../log-records.ts'
import { isObject, type JsonObject, type JsonValue, kindOf, parseJson } from '../wire/json-document.ts'
import { nameEcsEntries, readEcsDocument } from './ecs-fields.ts'

/** Levels of objects and arrays within one another in a document. A document that is deeper is refused. */
const maxDepth = 64

/** Attribute with the index or data stream that a document was sent to. */
export const indexKey = 'elasticsearch.index'
const indexLogKey = newLogKey(indexKey)

const actions = ['create', 'index', 'update', 'delete'] as const
export type BulkAction = (typeof actions)[number]

/** One operation of a bulk request, in the sender's order. */
export interface BulkItem {
  readonly action: BulkAction
  readonly index: string
  /** '' where the sender named none. */
  readonly id: string
  /** Row in the batch; -1 where the item was not taken, for the reason in `fault`. */
  readonly row: number
  readonly fault: BulkFault | null
}

/** Why an item was not taken: type in Elasticsearch's words, reason in ours. */
export interface BulkFault {
  readonly type: string
  readonly reason: string
}

export interface DecodedBulk {
  readonly batch: LogBatch
  readonly items: readonly BulkItem[]
}

/**
 * Decodes the body of Elasticsearch's `_bulk`: a line with an action, and behind `create`, `index` and `update` one with a
 * document. Documents become log records (`ecs-fields.ts`), with the index as attribute `elasticsearch.index`; one in which no
 * key says what the message is has its JSON as body. `create` and `index` are the same: records are only ever added.
 * `update` and `delete` are refused one by one, as are documents that are no JSON objects or beyond a limit.
 * Not kept: `_id`, `routing`, `version`, `pipeline`.
 * `defaultIndex`: from the path, '' if it has none. A last line without a line end is taken.
 * Throws: DecodeError where a line should be an action and is none (what follows cannot be told apart then), and where
 * there are too many documents (`decode-context.ts`).
 * Cost: about 3 µs for a document of 550 bytes that is written as loggers do (`log-line/json-entries.ts`), else 9 µs.
 * Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 */
export function decodeBulk(body: Uint8Array, defaultIndex: string, context: DecodeContext): DecodedBulk {
  return new BulkDecoder(body, defaultIndex, context).decode()
}

class BulkDecoder {
  readonly #bytes: Buffer
  readonly #defaultIndex: string
  readonly #records: LogRecords
  readonly #plain: PlainLines | null
  readonly #items: BulkItem[] = []
  #rows = 0
  #lastIndex = { text: '', bytes: Buffer.alloc(0) }
  #at = 0
  #line = 0
  /** The action read last, and where it stands. */
  #action: { readonly start: number; readonly end: number; readonly named: Named } | null = null

  constructor(body: Uint8Array, defaultIndex: string, context: DecodeContext) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.#defaultIndex = defaultIndex
    this.#records = new LogRecords(context, body.length)
    this.#plain = plainLines(this.#records, this.#bytes, context)
  }

  decode(): DecodedBulk {
    while (this.#at < this.#bytes.length) {
      const { start, end } = this.#nextLine()
      if (start < end) this.#readAction(start, end)
    }
    return { batch: this.#records.finish(), items: this.#items }
  }

  /** The next line without its end; '\r' before it is passed over as Elasticsearch does. */
  #nextLine(): { start: number; end: number } {
    const start = this.#at
    const found = this.#bytes.indexOf(0x0a, start)
    const next = found === -1 ? this.#bytes.length : found
    this.#at = next + 1
    this.#line++
    return { start, end: next > start && this.#bytes[next - 1] === 0x0d ? next - 1 : next }
  }

  #readAction(start: number, end: number): void {
    const line = this.#line
    const { action, index, id } = this.#actionAt(start, end, line)
    const item = { action, index: index || this.#defaultIndex, id }
    if (action === 'delete') {
      this.#refuse(item, 'delete is not supported: log records are only ever added')
      return
    }
    if (this.#at >= this.#bytes.length)
      throw new DecodeError(`${action} has no document behind it`, `line ${line + 1} of the request`)
    const document = this.#nextLine()
    if (action === 'update') this.#refuse(item, 'update is not supported: log records are only ever added')
    else if (item.index === '') this.#refuse(item, 'an index is missing: name it in the action or in the path')
    else this.#readDocument(item, document)
  }

  /** Most senders write the same action for every document. */
  #actionAt(start: number, end: number, line: number): Named {
    const bytes = this.#bytes
    const before = this.#action
    if (before !== null && bytes.compare(bytes, before.start, before.end, start, end) === 0) return before.named
    const { action, about } = actionOf(bytes.subarray(start, end), line)
    const named = { action, index: textOf(about._index), id: textOf(about._id) }
    this.#action = { start, end, named }
    return named
  }

  #readDocument(item: Named, range: { start: number; end: number }): void {
    if (this.#addPlain(item, range)) this.#items.push({ ...item, row: this.#rows++, fault: null })
    else this.#readValues(item, range)
  }

  /** Whether the document is one that could be added from its bytes. */
  #addPlain({ index }: Named, { start, end }: { start: number; end: number }): boolean {
    const plain = this.#plain
    if (plain === null) return false
    const bytes = this.#bytes
    const found = plain.readJson(start)
    if (found < 0 || found > end || afterBlanks(bytes, found) < end) return false
    nameEcsEntries(plain)
    return plain.line.addOwn(plain.entries, indexLogKey, this.#indexBytes(index)) && plain.add({ bytes, start, end })
  }

  #indexBytes(index: string): Buffer {
    if (index !== this.#lastIndex.text) this.#lastIndex = { text: index, bytes: Buffer.from(index) }
    return this.#lastIndex.bytes
  }

  #readValues(item: Named, { start, end }: { start: number; end: number }): void {
    const bytes = this.#bytes
    const path = `items[${this.#items.length}]`
    let fault: BulkFault | null = null
    const name = (): string => {
      fault = this.#faultAtHand()
      return path
    }
    try {
      const document = parseJson(bytes.subarray(start, end), maxDepth)
      if (!isObject(document)) throw new DecodeError(`document is ${kindOf(document)}, expected an object`, path)
      const line = readEcsDocument(document)
      const attributes = [...line.attributes, attributeOf(indexKey, item.index)]
      this.#records.add({ ...line, attributes }, { bytes, start, end }, name)
    } catch (error) {
      this.#records.reject(error, name)
    }
    this.#items.push({ ...item, row: fault === null ? this.#rows++ : -1, fault })
  }

  /** The fault of the row at hand, which stays noted. */
  #faultAtHand(): BulkFault {
    const { judge } = this.#records
    const fault = judge.takeFault() ?? { reason: 'malformed', message: 'not taken' }
    judge.blame(fault.reason, fault.message)
    return { type: 'document_parsing_exception', reason: `${fault.reason}: ${fault.message}` }
  }

  #refuse(item: Named, reason: string): void {
    const { judge } = this.#records
    judge.begin()
    judge.blame('unsupported', reason)
    judge.reject(`items[${this.#items.length}]`)
    this.#items.push({ ...item, row: -1, fault: { type: 'illegal_argument_exception', reason } })
  }
}

type Named = Pick<BulkItem, 'action' | 'index' | 'id'>

/** Throws: DecodeError where the line is not `{"create": {…}}` or another of the four actions. */
function actionOf(bytes: Uint8Array, line: number): { action: BulkAction; about: JsonObject } {
  const where = `line ${line} of the request`
  let value: JsonValue
  try {
    value = parseJson(bytes, maxDepth)
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`action is not JSON: ${error.message}`, where)
    throw error
  }
  const [[action, about] = [], ...others] = isObject(value) ? Object.entries(value) : []
  const known = actions.find((name) => name === action)
  if (known === undefined || others.length > 0)
    throw new DecodeError(`expected one action of ${actions.join(', ')}`, where)
  if (!isObject(about) && about !== null)
    throw new DecodeError(`${known} is ${kindOf(about)}, expected an object`, where)
  return { action: known, about: about ?? {} }
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
}
