import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import type { InstrumentationScope, Resource } from '../../model/resource.ts'
import { DecodeError } from '../../model/sink.ts'
import { type DecodeContext, type Fault, RowJudge } from '../decode-context.ts'
import { LogRows } from '../log-rows.ts'
import { faultOfLabels, levelNames, originOfStream, type StreamLabels } from './stream-labels.ts'

const stringLetter = 's'.charCodeAt(0)
const noScope: InstrumentationScope = {
  name: '',
  version: '',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
}

/** Names of structured metadata that belong into fields of a record, in lower case without `_`. */
const idNames: Readonly<Record<string, 'traceId' | 'spanId'>> = { traceid: 'traceId', spanid: 'spanId' }
const idForms = { traceId: /^[0-9a-fA-F]{32}$/, spanId: /^[0-9a-fA-F]{16}$/ }

/** Puts the entries of Loki streams into the columns of log records. */
export class LokiRows {
  readonly judge: RowJudge
  readonly #context: DecodeContext
  readonly #rows: LogRows
  readonly #resources: Resource[] = []
  /** By the JSON of their attributes: levels as labels make many streams out of one source. */
  readonly #resourceIndexes = new Map<string, number>()
  #resource = 0
  #streamLevel = ''
  #streamFault: Fault | null = null
  #stream = -1
  #entry = -1
  #level = ''
  #traceId: Buffer | null = null
  #spanId: Buffer | null = null

  constructor(context: DecodeContext, requestBytes: number) {
    this.judge = new RowJudge(context)
    this.#context = context
    this.#rows = new LogRows(requestBytes)
  }

  /** Begins a stream; `readLabels` may throw DecodeError, which is then the fault of all its entries. */
  beginStream(readLabels: () => StreamLabels): void {
    this.#stream++
    this.#entry = -1
    try {
      const labels = readLabels()
      const origin = originOfStream(labels)
      this.#streamFault = faultOfLabels(labels, this.judge)
      this.#streamLevel = origin.severityText
      if (this.#streamFault === null) this.#resource = this.#resourceOf(origin.attributes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#streamFault = { reason: 'malformed', message: error.message }
    }
  }

  /** Reads one entry; `read` adds its metadata first (`addMetadata`) and ends with `endEntry`. It may throw DecodeError. */
  readEntry(read: () => void): void {
    const { judge } = this
    this.#entry++
    this.#level = this.#streamLevel
    this.#traceId = null
    this.#spanId = null
    judge.begin()
    if (this.#streamFault !== null) judge.blame(this.#streamFault.reason, this.#streamFault.message)
    else
      try {
        read()
      } catch (error) {
        judge.blameError(error)
      }
    if (!judge.isBlamed) return
    this.#rows.attributes.abandonRow()
    judge.reject(`streams[${this.#stream}].entries[${this.#entry}]`)
  }

  /** Structured metadata: a level and ids become fields of the record, the rest its attributes. */
  addMetadata({ key, type, value }: Attribute): void {
    const id = idNames[key.toLowerCase().replaceAll('_', '')]
    if (id === 'traceId' && idForms.traceId.test(value)) this.#traceId = Buffer.from(value, 'hex')
    else if (id === 'spanId' && idForms.spanId.test(value)) this.#spanId = Buffer.from(value, 'hex')
    else if (this.#level === this.#streamLevel && value !== '' && levelNames.includes(key)) this.#level = value
    else if (this.judge.judgeAttribute(this.#rows.attributes.rowEntries, Buffer.byteLength(key))) {
      this.judge.judgeText('a value of structured metadata', Buffer.byteLength(value))
      this.#rows.attributes.keyText(key)
      this.#rows.attributes.text(type, value)
    }
  }

  /** The line is `bytes[start .. end)`; time in Unix nanoseconds. */
  endEntry(time: bigint, line: string | { bytes: Uint8Array; start: number; end: number }): void {
    const { judge } = this
    const rows = this.#rows
    judge.judgeBody(typeof line === 'string' ? Buffer.byteLength(line) : line.end - line.start)
    judge.judgeText('level', Buffer.byteLength(this.#level))
    if (judge.isBlamed) return
    rows.resource.add(this.#resource)
    rows.scope.add(0)
    rows.timeUnixNano.addPair(Number(time & 0xffff_ffffn), Number(time >> 32n))
    rows.observedUnixNano.addPair(0, 0)
    rows.severityNumber.add(0)
    rows.severityText.addText(this.#level)
    if (typeof line === 'string') rows.body.addText(line)
    else rows.body.add(line.bytes, line.start, line.end)
    rows.bodyType.add(stringLetter)
    rows.droppedAttributesCount.add(0)
    if (this.#traceId === null) rows.traceId.addZero()
    else rows.traceId.add(this.#traceId, 0)
    if (this.#spanId === null) rows.spanId.addZero()
    else rows.spanId.add(this.#spanId, 0)
    rows.flags.add(0)
    rows.eventName.addEmpty()
    rows.attributes.endRow()
  }

  finish(): LogBatch {
    return this.#rows.finish(this.#context, this.judge, { resources: this.#resources, scopes: [noScope] })
  }

  #resourceOf(attributes: readonly Attribute[]): number {
    const key = JSON.stringify(attributes)
    let index = this.#resourceIndexes.get(key)
    if (index === undefined) {
      index = this.#resources.push({ attributes, droppedAttributesCount: 0, schemaUrl: '' }) - 1
      this.#resourceIndexes.set(key, index)
    }
    return index
  }
}
