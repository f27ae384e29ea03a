import { Buffer } from 'node:buffer'
import type { RecordLimits } from '../decode-context.ts'
import { type SpanRecords, stringAttribute } from '../span-records.ts'
import { readHexId } from '../wire/hex-ids.ts'
import type { JsonScanner } from '../wire/json-scanner.ts'
import { KeyTexts } from '../wire/key-texts.ts'
import { maxMicros } from './zipkin-span.ts'

const texts = (...words: string[]): Uint8Array[] => words.map((word) => Uint8Array.from(Buffer.from(word)))

/** Fields of a span and of an endpoint; `Field` has their places. */
const fieldNames = texts(
  ...['traceId', 'id', 'parentId', 'kind', 'name', 'timestamp', 'duration'],
  ...['localEndpoint', 'remoteEndpoint', 'tags', 'shared', 'debug'],
)
const endpointNames = texts('serviceName', 'ipv4', 'ipv6', 'port')

/** Bits of `traceId` and `id`. */
const idBits = 0b11

/** Kinds in the order of OTLP's SpanKind, from 2 on. */
const kindNames = texts('SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER')
const internal = 1

const [errorKey, otelPrefix, trueWord, falseWord] = texts('error', 'otel.', 'true', 'false')

/** Attributes that may come of endpoints and flags, besides the tags. */
const ownAttributes = 7

/** A text in the request; an empty one where `end` is `start`. */
interface Range {
  start: number
  end: number
}

/** What a span's endpoint says. */
interface Endpoint {
  readonly service: Range
  readonly address: Range
  port: number
}

const newEndpoint = (): Endpoint => ({ service: { start: 0, end: 0 }, address: { start: 0, end: 0 }, port: 0 })

/** Texts of services by their bytes. */
const serviceTexts = new KeyTexts()

/**
 * Reads spans of Zipkin's v2 JSON straight into columns. Knows spans as tracers write them: fields of v2, each once, with
 * plain strings and whole microseconds, without annotations and OpenTelemetry's own tags. What a span becomes is said at
 * `toSpanRecord`.
 */
export class ZipkinSpanBytes {
  readonly #scanner: JsonScanner
  readonly #records: SpanRecords
  readonly #limits: RecordLimits
  readonly #traceId = new Uint8Array(16)
  readonly #spanId = new Uint8Array(8)
  readonly #parentId = new Uint8Array(8)
  readonly #name: Range = { start: 0, end: 0 }
  readonly #error: Range = { start: 0, end: 0 }
  readonly #local = newEndpoint()
  readonly #remote = newEndpoint()
  /** Fields of the span at hand, a bit each. */
  #seen = 0
  #kind = internal
  #timestamp = 0
  #duration = 0
  #hasParent = false
  #hasError = false
  #isShared = false
  #isDebug = false
  #tags = 0
  #service = ''
  #resource = -1

  constructor(scanner: JsonScanner, records: SpanRecords) {
    this.#scanner = scanner
    this.#records = records
    this.#limits = records.judge.limits
  }

  /** Adds the span that begins here. False: it is not one that is known here; nothing of it was added. Throws: as `SpanRecords.add`. */
  read(): boolean {
    this.#reset()
    const isWhole = this.#readMembers() && (this.#seen & idBits) === idBits && this.#timestamp > 0
    if (isWhole && this.#timestamp + this.#duration <= maxMicros) {
      this.#addRow()
      return true
    }
    this.#records.rows.abandonRow()
    return false
  }

  #reset(): void {
    this.#seen = 0
    this.#kind = internal
    this.#timestamp = this.#duration = this.#tags = 0
    this.#hasParent = this.#hasError = this.#isShared = this.#isDebug = false
    this.#name.start = this.#name.end = 0
    for (const { service, address } of [this.#local, this.#remote])
      service.start = service.end = address.start = address.end = 0
    this.#local.port = this.#remote.port = 0
  }

  #readMembers(): boolean {
    const scanner = this.#scanner
    if (!scanner.take(0x7b)) return false
    if (scanner.take(0x7d)) return true
    do {
      if (!scanner.takeKey()) return false
      const field = placeOf(fieldNames, scanner)
      if (field < 0 || this.#seen & (1 << field)) return false
      this.#seen |= 1 << field
      if (!this.#readField(field)) return false
    } while (scanner.take(0x2c))
    return scanner.take(0x7d)
  }

  #readField(field: number): boolean {
    const scanner = this.#scanner
    switch (field) {
      case 0:
        return scanner.takeString() && readHexId(scanner.bytes, scanner.start, scanner.end, this.#traceId) === 1
      case 1:
        return scanner.takeString() && readHexId(scanner.bytes, scanner.start, scanner.end, this.#spanId) === 1
      case 2:
        return scanner.takeString() && this.#readParent()
      case 3:
        this.#kind = scanner.takeString() ? placeOf(kindNames, scanner) + 2 : 0
        return this.#kind > internal
      case 4:
        return scanner.takeString() && this.#keep(this.#name)
      case 5:
        this.#timestamp = scanner.takeInteger() ? scanner.integer : 0
        return this.#timestamp > 0 && this.#timestamp <= maxMicros
      case 6:
        this.#duration = scanner.takeInteger() ? scanner.integer : -1
        return this.#duration >= 0 && this.#duration <= maxMicros
      case 7:
        return this.#readEndpoint(this.#local)
      case 8:
        return this.#readEndpoint(this.#remote)
      case 9:
        return this.#readTags()
      case 10:
        this.#isShared = true
        return this.#takeTrue()
      default:
        this.#isDebug = true
        return this.#takeTrue()
    }
  }

  #readParent(): boolean {
    const { bytes, start, end } = this.#scanner
    const read = start === end ? 0 : readHexId(bytes, start, end, this.#parentId)
    this.#hasParent = read === 1
    return read >= 0
  }

  /** `true`; what is false need not be said, and is left to others. */
  #takeTrue(): boolean {
    const scanner = this.#scanner
    return scanner.take(0x74) && scanner.take(0x72) && scanner.take(0x75) && scanner.take(0x65)
  }

  /** Keeps the string read last, where it is not too long for an attribute. */
  #keep(range: Range): boolean {
    range.start = this.#scanner.start
    range.end = this.#scanner.end
    return range.end - range.start <= this.#limits.maxAttributeValueBytes
  }

  #readEndpoint(endpoint: Endpoint): boolean {
    const scanner = this.#scanner
    if (!scanner.take(0x7b)) return false
    if (scanner.take(0x7d)) return true
    let seen = 0
    do {
      if (!scanner.takeKey()) return false
      const field = placeOf(endpointNames, scanner)
      // An address in both forms, the same field twice: rare.
      const bit = field === 2 ? 2 : 1 << field
      if (field < 0 || seen & bit) return false
      seen |= bit
      if (field === 3) {
        if (!scanner.takeInteger() || scanner.integer > 65_535) return false
        endpoint.port = scanner.integer
      } else if (!scanner.takeString() || !this.#keep(field === 0 ? endpoint.service : endpoint.address)) return false
    } while (scanner.take(0x2c))
    return scanner.take(0x7d)
  }

  #readTags(): boolean {
    const scanner = this.#scanner
    const { attributes } = this.#records.rows
    const { maxAttributes, maxAttributeKeyBytes, maxAttributeValueBytes } = this.#limits
    if (!scanner.take(0x7b)) return false
    if (scanner.take(0x7d)) return true
    do {
      if (!scanner.takeKey() || startsWithOtel(scanner)) return false
      const { bytes, start, end } = scanner
      const isError = scanner.isText(errorKey)
      if (!scanner.takeString()) return false
      if (end - start > maxAttributeKeyBytes || scanner.end - scanner.start > maxAttributeValueBytes) return false
      if (++this.#tags + ownAttributes > maxAttributes) return false
      attributes.key(bytes, start, end)
      attributes.string(bytes, scanner.start, scanner.end)
      if (isError) this.#hasError = this.#keep(this.#error)
    } while (scanner.take(0x2c))
    return scanner.take(0x7d)
  }

  #addRow(): void {
    const { rows, judge, origins } = this.#records
    const { bytes } = this.#scanner
    judge.begin()
    this.#addOwnAttributes()
    rows.resource.add(this.#resourceOf(this.#local.service))
    rows.scope.add(origins.scopeOf('', ''))
    rows.traceId.add(this.#traceId, 0)
    rows.spanId.add(this.#spanId, 0)
    if (this.#hasParent) rows.parentSpanId.add(this.#parentId, 0)
    else rows.parentSpanId.addZero()
    rows.traceState.addEmpty()
    rows.flags.add(0)
    rows.name.add(bytes, this.#name.start, this.#name.end)
    rows.kind.add(this.#kind)
    addNanos(rows.startUnixNano, this.#timestamp)
    addNanos(rows.endUnixNano, this.#timestamp + this.#duration)
    const { start, end } = this.#error
    rows.statusCode.add(this.#hasError && !isWord(bytes, this.#error, falseWord) ? 2 : 0)
    if (this.#hasError && !isWord(bytes, this.#error, trueWord)) rows.statusMessage.add(bytes, start, end)
    else rows.statusMessage.addEmpty()
    rows.droppedAttributesCount.add(0)
    rows.droppedEventsCount.add(0)
    rows.droppedLinksCount.add(0)
    rows.endRow()
  }

  #addOwnAttributes(): void {
    const { attributes } = this.#records.rows
    const { bytes } = this.#scanner
    const remote = this.#remote.service
    if (remote.end > remote.start) {
      attributes.keyText('peer.service')
      attributes.string(bytes, remote.start, remote.end)
    }
    this.#addAddress(this.#remote, 'network.peer.address', 'network.peer.port')
    this.#addAddress(this.#local, 'network.local.address', 'network.local.port')
    if (this.#isShared) {
      attributes.keyText('zipkin.shared')
      attributes.boolean(true)
    }
    if (this.#isDebug) {
      attributes.keyText('zipkin.debug')
      attributes.boolean(true)
    }
  }

  #addAddress({ address, port }: Endpoint, addressKey: string, portKey: string): void {
    const { attributes } = this.#records.rows
    if (address.end > address.start) {
      attributes.keyText(addressKey)
      attributes.string(this.#scanner.bytes, address.start, address.end)
    }
    if (port === 0) return
    attributes.keyText(portKey)
    attributes.integer(port, 0)
  }

  /** Most spans of a request are of the service of the one before. */
  #resourceOf({ start, end }: Range): number {
    const service = serviceTexts.textOf(this.#scanner.bytes, start, end)
    if (service !== this.#service || this.#resource < 0) {
      this.#service = service
      this.#resource = this.#records.origins.resourceOf(
        service === '' ? [] : [stringAttribute('service.name', service)],
      )
    }
    return this.#resource
  }
}

/** Adds microseconds as nanoseconds, without a number between that a double does not hold. */
function addNanos(column: { addPair(low: number, high: number): void }, micros: number): void {
  const upper = Math.floor(micros / 0x1_0000) * 1000
  const lower = (upper % 0x1_0000) * 0x1_0000 + (micros % 0x1_0000) * 1000
  column.addPair(lower >>> 0, Math.floor(upper / 0x1_0000) + (lower > 0xffff_ffff ? 1 : 0))
}

/** Place of the string read last among some names, -1 for none. */
function placeOf(names: readonly Uint8Array[], scanner: JsonScanner): number {
  const length = scanner.end - scanner.start
  const first = scanner.bytes[scanner.start]
  for (let place = 0; place < names.length; place++) {
    const name = names[place]
    if (name.length === length && name[0] === first && scanner.isText(name)) return place
  }
  return -1
}

function startsWithOtel({ bytes, start, end }: JsonScanner): boolean {
  if (end - start < otelPrefix.length) return false
  for (let i = 0; i < otelPrefix.length; i++) if (bytes[start + i] !== otelPrefix[i]) return false
  return true
}

function isWord(bytes: Buffer, { start, end }: Range, word: Uint8Array): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}
