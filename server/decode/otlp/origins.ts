import { Buffer } from 'node:buffer'
import type { Attribute } from '../../model/columns.ts'
import type { InstrumentationScope, Resource } from '../../model/resource.ts'
import { type DecodeContext, type Fault, RowJudge } from '../decode-context.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { readAttribute } from './any-value.ts'

/**
 * The resources and scopes of one OTLP protobuf request, each distinct one once. Not read: `entity_refs` of a resource
 * (in development; the attributes that they point at are kept).
 * The limits of rows hold for their attributes too: a fault of a resource or scope is the fault of all its rows.
 */
export class OtlpOrigins {
  readonly resources: Resource[] = []
  readonly scopes: InstrumentationScope[] = []
  readonly #resourceIndexes = new Map<string, number | Fault>()
  readonly #scopeIndexes = new Map<string, number | Fault>()
  readonly #judge: RowJudge

  constructor(context: DecodeContext) {
    this.#judge = new RowJudge(context)
  }

  /**
   * Index of the resource of the ResourceLogs, ResourceSpans or ResourceMetrics to which the reader is narrowed, or
   * what is wrong with it. The reader is left where it was. Throws: DecodeError where the block's own framing is broken.
   */
  resourceOf(reader: ProtobufReader): number | Fault {
    const head = readHead(reader)
    let index = this.#resourceIndexes.get(head.key)
    if (index === undefined) {
      index = this.#judged(() => this.resources.push(readResource(head, this.#judge)) - 1)
      this.#resourceIndexes.set(head.key, index)
    }
    return index
  }

  /** The same for the scope of a ScopeLogs, ScopeSpans or ScopeMetrics. */
  scopeOf(reader: ProtobufReader): number | Fault {
    const head = readHead(reader)
    let index = this.#scopeIndexes.get(head.key)
    if (index === undefined) {
      index = this.#judged(() => this.scopes.push(readScope(head, this.#judge)) - 1)
      this.#scopeIndexes.set(head.key, index)
    }
    return index
  }

  #judged(read: () => number): number | Fault {
    let index = 0
    try {
      index = read()
    } catch (error) {
      this.#judge.blameError(error)
    }
    return this.#judge.takeFault() ?? index
  }
}

interface Head {
  /** On the bytes of the resource or scope. */
  readonly message: ProtobufReader
  readonly schemaUrl: string
  /** Equal for equal heads. */
  readonly key: string
}

/** Field 1 (resource or scope) and field 3 (its schema URL) of a block. They may stand behind the rows. */
function readHead(reader: ProtobufReader): Head {
  const begin = reader.position
  let start = begin
  let end = begin
  let schemaUrl = ''
  let joined: Buffer | null = null
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a: {
        const before: Buffer = joined ?? reader.bytes.subarray(start, end)
        end = reader.rangeEnd()
        start = reader.position
        // A message that is sent in pieces is, by protobuf's rules, the pieces joined.
        if (before.length > 0) joined = Buffer.concat([before, reader.bytes.subarray(start, end)])
        reader.position = end
        break
      }
      case 0x1a:
        schemaUrl = reader.text()
        break
      default:
        reader.skip()
    }
  reader.position = begin
  const message = joined === null ? new ProtobufReader(reader.bytes, start, end) : new ProtobufReader(joined)
  return { message, schemaUrl, key: `${message.bytes.toString('latin1', message.position, message.end)}\n${schemaUrl}` }
}

function readResource({ message, schemaUrl }: Head, judge: RowJudge): Resource {
  const attributes = new Map<string, Attribute>()
  let droppedAttributesCount = 0
  while (message.position < message.end)
    switch (message.tag()) {
      case 0x0a:
        readAttribute(message, attributes, judge)
        break
      case 0x10:
        droppedAttributesCount = message.uint32()
        break
      default:
        message.skip()
    }
  return { attributes: [...attributes.values()], droppedAttributesCount, schemaUrl }
}

function readScope({ message, schemaUrl }: Head, judge: RowJudge): InstrumentationScope {
  const attributes = new Map<string, Attribute>()
  let name = ''
  let version = ''
  let droppedAttributesCount = 0
  while (message.position < message.end)
    switch (message.tag()) {
      case 0x0a:
        name = message.text()
        break
      case 0x12:
        version = message.text()
        break
      case 0x1a:
        readAttribute(message, attributes, judge)
        break
      case 0x20:
        droppedAttributesCount = message.uint32()
        break
      default:
        message.skip()
    }
  return { name, version, attributes: [...attributes.values()], droppedAttributesCount, schemaUrl }
}
