import { Buffer, isUtf8 } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { pair, setNanos } from '../log-line/entry-values.ts'
import { afterBlanks, JsonEntries } from '../log-line/json-entries.ts'
import { LogEntries } from '../log-line/log-entries.ts'
import { type LogKey, newLogKey } from '../log-line/log-keys.ts'
import { isObject, parseJson } from '../wire/json-document.ts'
import { JsonScanner } from '../wire/json-scanner.ts'
import { RememberedBytes } from '../wire/remembered-bytes.ts'
import { labelsOf, readEntry } from './json-entry-values.ts'
import { LokiRows, type MetadataRole, metadataRoleOf } from './loki-rows.ts'
import { type StreamSource, sourceOfLabels } from './stream-labels.ts'

/** Levels of objects and arrays within one another in a request; Loki's own form has 5. */
export const maxDepth = 64

/** Levels around the labels of a stream, and around an entry. */
const labelLevels = 3
const entryLevels = 4

const comma = 0x2c
const quote = 0x22
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

const streamsName = Buffer.from('streams')
const streamName = Buffer.from('stream')
const valuesName = Buffer.from('values')
const lineKey = newLogKey('')

/** Digits of a time that fits 64 bits for sure, and those of its nanoseconds. */
const maxTimeDigits = 19
const nanoDigits = 9

/** One of each for the process: requests are read one after another. */
const entries = new LogEntries()
const json = new JsonEntries(entries)

/** Streams by the bytes of their labels: senders have few, and send them with every request. */
const knownSources = new RememberedBytes<StreamSource>(
  (text) => {
    const stream = parseJson(Buffer.from(text), maxDepth - labelLevels)
    if (!isObject(stream)) throw new DecodeError('is no object', 'stream')
    return sourceOfLabels(labelsOf({ stream }))
  },
  { maxBytes: 1_024 },
)

/** What keys of metadata stand for. */
const roles = new Map<LogKey, MetadataRole>()
const maxRoles = 10_000

/**
 * Reads a push request as senders write it straight from its bytes to the columns: `streams` alone at the top, labels
 * before entries. An entry that is unusual (`JsonEntries`) goes the way over values by itself. null: the whole is unusual or
 * wrong, and is to be read as values; both ways lead to the same rows.
 */
export function readLokiJson(body: Uint8Array, context: DecodeContext): LogBatch | null {
  const scanner = new JsonScanner(body)
  if (context.readsValues === true || body.length === 0 || !isUtf8(scanner.bytes)) return null
  const reader = new RequestReader(scanner, new LokiRows(context, body.length))
  try {
    return reader.read() ? reader.rows.finish() : null
  } catch (error) {
    // What is wrong first is told by the other way.
    if (error instanceof DecodeError) return null
    throw error
  }
}

class RequestReader {
  readonly rows: LokiRows
  readonly #scanner: JsonScanner

  constructor(scanner: JsonScanner, rows: LokiRows) {
    this.#scanner = scanner
    this.rows = rows
  }

  read(): boolean {
    const scanner = this.#scanner
    if (!(scanner.take(openBrace) && scanner.takeKey() && scanner.isText(streamsName) && scanner.take(openBracket)))
      return false
    if (!scanner.take(closeBracket)) {
      do if (!this.#readStream()) return false
      while (scanner.take(comma))
      if (!scanner.take(closeBracket)) return false
    }
    return scanner.take(closeBrace) && scanner.isAtEnd()
  }

  #readStream(): boolean {
    const scanner = this.#scanner
    if (!(scanner.take(openBrace) && scanner.takeKey() && scanner.isText(streamName))) return false
    const start = afterBlanks(scanner.bytes, scanner.at)
    scanner.at = start
    if (scanner.bytes[start] !== openBrace || !scanner.skip()) return false
    const end = scanner.at
    if (!(scanner.take(comma) && scanner.takeKey() && scanner.isText(valuesName) && scanner.take(openBracket)))
      return false
    if (!this.#beginStream(start, end)) return false
    if (!scanner.take(closeBracket)) {
      do if (!this.#readEntry()) return false
      while (scanner.take(comma))
      if (!scanner.take(closeBracket)) return false
    }
    return scanner.take(closeBrace)
  }

  /** Labels that are no JSON make the request none; those that are no labels are a fault of the stream. */
  #beginStream(start: number, end: number): boolean {
    const { bytes } = this.#scanner
    const source = knownSources.of(bytes, start, end)
    this.rows.beginStream(() => source)
    return true
  }

  /** Reads `[time, line, metadata]`. False: it is no JSON. */
  #readEntry(): boolean {
    const { rows } = this
    const scanner = this.#scanner
    const { bytes } = scanner
    const start = afterBlanks(bytes, scanner.at)
    const end = this.#readUsual(start)
    if (end < 0) return this.#readValues(start)
    scanner.at = end
    if (rows.beginEntry()) {
      for (let entry = 1; entry < entries.count; entry++) this.#addMetadata(entry)
      rows.endEntryAt(pair.low, pair.high, {
        bytes: entries.sourceOf(0),
        start: entries.starts[0],
        end: entries.ends[0],
      })
    }
    rows.closeEntry()
    return true
  }

  /** An entry that is unusual, or none. */
  #readValues(start: number): boolean {
    const scanner = this.#scanner
    scanner.at = start
    if (!scanner.skip()) return false
    const value = parseJson(scanner.bytes.subarray(start, scanner.at), maxDepth - entryLevels)
    this.rows.readEntry(() => readEntry(value, this.rows))
    return true
  }

  /** Reads the time into `pair`, line and metadata into `entries`: where the entry ends, -1 where it is unusual. */
  #readUsual(start: number): number {
    const { bytes } = this.#scanner
    if (bytes[start] !== openBracket) return -1
    const timeEnd = readTime(bytes, afterBlanks(bytes, start + 1))
    if (timeEnd < 0) return -1
    let at = afterBlanks(bytes, timeEnd)
    if (bytes[at] !== comma) return -1
    entries.begin(bytes)
    at = json.readValue(at + 1, lineKey)
    if (at < 0 || !entries.isText(0)) return -1
    at = afterBlanks(bytes, at)
    if (bytes[at] === comma) {
      at = json.readFlat(afterBlanks(bytes, at + 1))
      if (at < 0) return -1
      at = afterBlanks(bytes, at)
    }
    return bytes[at] === closeBracket ? at + 1 : -1
  }

  #addMetadata(entry: number): void {
    const { pair: found } = this.rows
    const key = entries.keyAt[entry]
    found.role = roleOf(key)
    found.keys = key.bytes
    found.keyEnd = key.bytes.length
    found.keyStart = 0
    found.values = entries.sourceOf(entry)
    found.start = entries.starts[entry]
    found.end = entries.ends[entry]
    found.letter = entries.types[entry]
    this.rows.addPair()
  }
}

function roleOf(key: LogKey): MetadataRole {
  let role = roles.get(key)
  if (role === undefined) {
    if (roles.size >= maxRoles) roles.clear()
    role = metadataRoleOf(key.text)
    roles.set(key, role)
  }
  return role
}

/** Reads a time as a string of digits into `pair`: where it ends, -1 where it is something else. */
function readTime(bytes: Buffer, start: number): number {
  if (bytes[start] !== quote) return -1
  let end = start + 1
  while (bytes[end] >= 0x30 && bytes[end] <= 0x39) end++
  const digits = end - start - 1
  if (bytes[end] !== quote || digits === 0 || digits > maxTimeDigits) return -1
  const secondEnd = Math.max(start + 1, end - nanoDigits)
  setNanos(numberAt(bytes, start + 1, secondEnd), numberAt(bytes, secondEnd, end))
  return end + 1
}

function numberAt(bytes: Buffer, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) value = value * 10 + (bytes[at] - 0x30)
  return value
}
