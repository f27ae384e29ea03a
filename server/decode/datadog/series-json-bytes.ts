import { Buffer } from 'node:buffer'
import type { SeriesKeys } from '../../model/series-table.ts'
import type { JsonScanner } from '../wire/json-scanner.ts'

const texts = (...words: string[]): Uint8Array[] => words.map((word) => Uint8Array.from(Buffer.from(word)))

const [pointsKey, typeKey, timestampKey, valueKey] = texts('points', 'type', 'timestamp', 'value')
/** Types as both versions write them, and which of them are counts. */
const countTypes = texts('1', '"count"')
const otherTypes = texts('0', '2', '3', '"rate"', '"gauge"')

/**
 * Reads series of Datadog's intake where they stand. A series is known by all of its bytes but its points: what they mean
 * was found by reading them as JSON before. Knows series with their points once, as numbers without an exponent.
 */
export class DatadogSeriesBytes {
  readonly #scanner: JsonScanner
  readonly #keys: SeriesKeys
  #key: Buffer = Buffer.alloc(1024)
  #keyEnd = 0
  /** Of the series read last. */
  readonly seconds: number[] = []
  readonly values: number[] = []
  isCount = false
  #number = 0

  constructor(scanner: JsonScanner, keys: SeriesKeys) {
    this.#scanner = scanner
    this.#keys = keys
  }

  /** Passes over the series that begins here, and reads its points. False: it is not one that is known here. */
  read(): boolean {
    const scanner = this.#scanner
    if (!scanner.take(0x7b)) return false
    const start = scanner.at
    let pointsStart = 0
    let pointsEnd = 0
    let hasType = false
    this.isCount = false
    do {
      if (!scanner.takeKey()) return false
      if (scanner.isText(pointsKey)) {
        if (pointsStart > 0) return false
        pointsStart = scanner.at
        if (!this.#readPoints()) return false
        pointsEnd = scanner.at
      } else if (scanner.isText(typeKey)) {
        if (hasType || !this.#readType()) return false
        hasType = true
      } else if (!scanner.skip()) return false
    } while (scanner.take(0x2c))
    if (!scanner.take(0x7d) || pointsStart === 0) return false
    this.#composeKey({ start, end: pointsStart }, { start: pointsEnd, end: scanner.at })
    return true
  }

  /** Ref of the series read last, -1 where it is not known. */
  find(): number {
    return this.#keys.find(this.#key, 0, this.#keyEnd)
  }

  /** Remembers what was found out about the series read last. */
  remember(ref: number): void {
    this.#keys.remember(this.#key, 0, this.#keyEnd, ref)
  }

  #composeKey(head: { start: number; end: number }, tail: { start: number; end: number }): void {
    const { bytes } = this.#scanner
    const headLength = head.end - head.start
    this.#keyEnd = headLength + tail.end - tail.start
    if (this.#keyEnd > this.#key.length) this.#key = Buffer.alloc(this.#keyEnd * 2)
    bytes.copy(this.#key, 0, head.start, head.end)
    bytes.copy(this.#key, headLength, tail.start, tail.end)
  }

  #readType(): boolean {
    const scanner = this.#scanner
    while (scanner.bytes[scanner.at] === 0x20) scanner.at++
    const start = scanner.at
    if (!scanner.skip()) return false
    scanner.start = start
    scanner.end = scanner.at
    this.isCount = countTypes.some((type) => scanner.isText(type))
    return this.isCount || otherTypes.some((type) => scanner.isText(type))
  }

  #readPoints(): boolean {
    const scanner = this.#scanner
    this.seconds.length = this.values.length = 0
    if (!scanner.take(0x5b)) return false
    if (scanner.take(0x5d)) return true
    do {
      const isRead = scanner.take(0x7b) ? this.#readNamed() : scanner.take(0x5b) && this.#readPair()
      if (!isRead) return false
    } while (scanner.take(0x2c))
    return scanner.take(0x5d)
  }

  /** The rest of `{"timestamp":…,"value":…}`. */
  #readNamed(): boolean {
    const scanner = this.#scanner
    if (!scanner.takeKey() || !scanner.isText(timestampKey) || !this.#takeNumber()) return false
    this.seconds.push(this.#number)
    if (!scanner.take(0x2c) || !scanner.takeKey() || !scanner.isText(valueKey) || !this.#takeNumber()) return false
    this.values.push(this.#number)
    return scanner.take(0x7d)
  }

  /** The rest of `[seconds,value]`. */
  #readPair(): boolean {
    const scanner = this.#scanner
    if (!this.#takeNumber()) return false
    this.seconds.push(this.#number)
    if (!scanner.take(0x2c) || !this.#takeNumber()) return false
    this.values.push(this.#number)
    return scanner.take(0x5d)
  }

  #takeNumber(): boolean {
    const isRead = this.#scanner.takeDecimal()
    this.#number = this.#scanner.decimal
    return isRead
  }
}
