import type { RowSource } from '../model/origin/row-source.ts'
import { signals } from '../model/signal.ts'
import type { TenantId } from '../model/tenant.ts'
import { xxh64 } from './checksum.ts'
import type { RowCount } from './journal.ts'

/** One block of one commit, as the commit log names it. */
export interface BlockEntry {
  readonly table: string
  readonly segment: string
  readonly offset: number
  readonly length: number
  readonly rows: number
  readonly checksum: bigint
  readonly counts: readonly RowCount[]
}

/**
 * A record of the commit log. `checkpoint` is the first of each log and names all blocks that wait at that moment;
 * logs before it are void.
 */
export type LogRecord =
  | { readonly kind: 'checkpoint' | 'commit'; readonly arrivedMs: number; readonly blocks: readonly BlockEntry[] }
  | { readonly kind: 'removed'; readonly table: string; readonly segment: string }

const magic = 0x314a4c53 // "SLJ1"
const version = 2
/** Of records written before rows were counted by sender and key. */
const versionWithoutSource = 1
const headerBytes = 16
const kinds = ['', 'checkpoint', 'commit', 'removed'] as const

/** The bytes of one record: header and payload. FORMAT.md draws them. */
export function encodeRecord(record: LogRecord): Uint8Array {
  const out = new RecordWriter()
  out.u8(version)
  out.u8(kinds.indexOf(record.kind))
  if (record.kind === 'removed') {
    out.text(record.table)
    out.text(record.segment)
  } else {
    out.f64(record.arrivedMs)
    out.u32(record.blocks.length)
    for (const block of record.blocks) writeEntry(out, block)
  }
  return out.finish()
}

function writeEntry(out: RecordWriter, block: BlockEntry): void {
  out.text(block.table)
  out.text(block.segment)
  out.u32(block.offset)
  out.u32(block.length)
  out.u32(block.rows)
  out.u64(block.checksum)
  out.u32(block.counts.length)
  for (const { key, rows } of block.counts) {
    out.u32(key.tenant)
    out.u8(signals.indexOf(key.signal))
    out.text(key.receiver)
    out.text(key.source?.sender ?? '')
    out.text(key.source?.accessKey ?? '')
    out.u32(rows)
  }
}

/** What a log file holds. */
export interface LogScan {
  /** Records in order, each with the position after its last byte. */
  readonly records: readonly { readonly record: LogRecord; readonly end: number }[]
  /** Runs of bytes between good records: damage, for a torn record is always the last. */
  readonly gaps: readonly { readonly start: number; readonly end: number }[]
}

/** Reads all whole records; bytes that make none are passed over up to the next record that is whole. */
export function scanLog(bytes: Uint8Array): LogScan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: { record: LogRecord; end: number }[] = []
  const gaps: { start: number; end: number }[] = []
  let position = 0
  let goodEnd = 0
  while (position + headerBytes <= bytes.length) {
    const record = readRecord(bytes, view, position)
    if (record === null) {
      position += 1
      continue
    }
    if (position > goodEnd) gaps.push({ start: goodEnd, end: position })
    position += headerBytes + view.getUint32(position + 4, true)
    goodEnd = position
    records.push({ record, end: position })
  }
  return { records, gaps }
}

function readRecord(bytes: Uint8Array, view: DataView, position: number): LogRecord | null {
  if (view.getUint32(position, true) !== magic) return null
  const length = view.getUint32(position + 4, true)
  const start = position + headerBytes
  if (length > bytes.length - start) return null
  const payload = bytes.subarray(start, start + length)
  if (xxh64(payload) !== view.getBigUint64(position + 8, true)) return null
  return decodePayload(payload)
}

function decodePayload(payload: Uint8Array): LogRecord {
  const input = new RecordReader(payload)
  const found = input.u8()
  if (found !== version && found !== versionWithoutSource)
    throw new Error(`journal: record version ${found}, this program reads ${versionWithoutSource} and ${version}`)
  const kind = kinds[input.u8()]
  if (kind === 'removed') return { kind, table: input.text(), segment: input.text() }
  if (kind !== 'commit' && kind !== 'checkpoint') throw new Error('journal: unknown kind of record')
  const arrivedMs = input.f64()
  const blocks: BlockEntry[] = []
  for (let left = input.u32(); left > 0; left--) blocks.push(readEntry(input, found >= version))
  return { kind, arrivedMs, blocks }
}

function readEntry(input: RecordReader, hasSource: boolean): BlockEntry {
  const table = input.text()
  const segment = input.text()
  const offset = input.u32()
  const length = input.u32()
  const rows = input.u32()
  const checksum = input.u64()
  const counts: RowCount[] = []
  for (let left = input.u32(); left > 0; left--) {
    const tenant = input.u32() as TenantId
    const signal = signals[input.u8()]
    const receiver = input.text()
    const key = { tenant, signal, receiver, ...(hasSource ? readSource(input) : {}) }
    counts.push({ key, rows: input.u32() })
  }
  return { table, segment, offset, length, rows, checksum, counts }
}

/** A source that says nothing is none. */
function readSource(input: RecordReader): { source?: RowSource } {
  const sender = input.text()
  const accessKey = input.text()
  return sender === '' && accessKey === '' ? {} : { source: { sender, accessKey } }
}

class RecordWriter {
  #bytes = Buffer.alloc(1024)
  #at = headerBytes

  u8(value: number): void {
    this.#room(1)
    this.#at = this.#bytes.writeUInt8(value, this.#at)
  }
  u32(value: number): void {
    this.#room(4)
    this.#at = this.#bytes.writeUInt32LE(value, this.#at)
  }
  u64(value: bigint): void {
    this.#room(8)
    this.#at = this.#bytes.writeBigUInt64LE(value, this.#at)
  }
  f64(value: number): void {
    this.#room(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }
  text(value: string): void {
    const length = Buffer.byteLength(value)
    this.u8(length)
    this.#room(length)
    this.#at += this.#bytes.write(value, this.#at)
  }
  finish(): Uint8Array {
    const payload = this.#bytes.subarray(headerBytes, this.#at)
    this.#bytes.writeUInt32LE(magic, 0)
    this.#bytes.writeUInt32LE(payload.length, 4)
    this.#bytes.writeBigUInt64LE(xxh64(payload), 8)
    return this.#bytes.subarray(0, this.#at)
  }
  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.alloc(this.#bytes.length * 2)
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}

class RecordReader {
  readonly #bytes: Buffer
  #at = 0
  constructor(payload: Uint8Array) {
    this.#bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  }
  u8(): number {
    return this.#bytes.readUInt8(this.#move(1))
  }
  u32(): number {
    return this.#bytes.readUInt32LE(this.#move(4))
  }
  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#move(8))
  }
  f64(): number {
    return this.#bytes.readDoubleLE(this.#move(8))
  }
  text(): string {
    const length = this.u8()
    const start = this.#move(length)
    return this.#bytes.toString('utf8', start, start + length)
  }
  #move(bytes: number): number {
    const start = this.#at
    this.#at += bytes
    return start
  }
}
