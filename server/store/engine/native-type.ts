import { StoreError } from './store-errors.ts'

/**
 * More bytes should arrive before the walk is tried again; `needed` counts from the start of the buffer. It may be a
 * guess and too many: at the end of the stream the walk is tried once more.
 */
export class NeedMore extends Error {
  needed = 0
}

/** One for all: it is thrown for every piece that a socket brings, and a trace of the stack each time is dear. */
const needMore = new NeedMore('the block is not complete yet')

function moreThan(needed: number): NeedMore {
  needMore.needed = needed
  return needMore
}

/** A varuint has at most nine bytes here; more would be no length that can be. */
const largestFactor = 2 ** 56
const tooLong = () => new StoreError('The column store sent a length of more than nine bytes.')

/** A place in a buffer of Native bytes. Reads throw NeedMore at the end of what has arrived. */
export class NativeCursor {
  readonly bytes: Uint8Array
  readonly end: number
  position: number

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  skip(size: number): void {
    const next = this.position + size
    if (next > this.end) throw moreThan(next)
    this.position = next
  }

  varuint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      if (this.position >= this.end) throw moreThan(this.position + 1)
      const byte = this.bytes[this.position++]
      value += (byte & 127) * factor
      if (byte < 128) return value
      if (factor >= largestFactor) throw tooLong()
    }
  }

  /** Counts and offsets: far below 2^53. */
  uint64(): number {
    const at = this.position
    this.skip(8)
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8)
    return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
  }

  text(): string {
    const size = this.varuint()
    const at = this.position
    this.skip(size)
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, size).toString()
  }
}

/** How the values of a type lie in a Native block, as far as needed to find their end. */
export interface NativeType {
  /** Bytes before the data of a column that holds this type anywhere inside. */
  readonly prefixBytes: number
  /** Moves past the data of `rows` values. */
  skip(cursor: NativeCursor, rows: number): void
}

function fixed(size: number): NativeType {
  if (!Number.isSafeInteger(size) || size < 0) throw new StoreError(`A fixed size of ${size} bytes is not possible.`)
  return { prefixBytes: 0, skip: (cursor, rows) => cursor.skip(rows * size) }
}

const fixedSizes: Readonly<Record<string, number>> = {
  ...{ UInt8: 1, Int8: 1, Bool: 1, Enum8: 1, Nothing: 1 },
  ...{ UInt16: 2, Int16: 2, Date: 2, Enum16: 2, BFloat16: 2 },
  ...{ UInt32: 4, Int32: 4, Float32: 4, DateTime: 4, Date32: 4, IPv4: 4, Time: 4 },
  ...{ UInt64: 8, Int64: 8, Float64: 8, DateTime64: 8, Time64: 8 },
  ...{ UInt128: 16, Int128: 16, UUID: 16, IPv6: 16 },
  ...{ UInt256: 32, Int256: 32 },
}

const string: NativeType = {
  prefixBytes: 0,
  skip(cursor, rows) {
    const { bytes, end, position: start } = cursor
    if (start === end && rows > 0) throw moreThan(end + 1)
    let at = start
    for (let row = 0; row < rows; row++) {
      let size = bytes[at++]
      for (let factor = 128; size >= factor && at < end; factor *= 128) {
        if (factor > largestFactor) throw tooLong()
        size += (bytes[at++] - 1) * factor
      }
      at += size
      if (at > end || (at === end && row < rows - 1)) throw moreThan(end + missing({ rows, row, seen: end - start }))
    }
    cursor.position = at
  },
}

/**
 * How many bytes to wait for before a string column is walked again: three quarters of what the rows to come will
 * take at the length of those seen, so that a column that comes in a hundred pieces is walked a few times only.
 */
function missing(column: { rows: number; row: number; seen: number }): number {
  const { rows, row, seen } = column
  return Math.max(1, Math.floor(((rows - row) * seen * 0.75) / (row + 1)))
}

function array(item: NativeType): NativeType {
  return {
    prefixBytes: item.prefixBytes,
    skip(cursor, rows) {
      if (rows === 0) return
      cursor.skip((rows - 1) * 8)
      item.skip(cursor, cursor.uint64())
    },
  }
}

function nullable(item: NativeType): NativeType {
  return {
    prefixBytes: item.prefixBytes,
    skip(cursor, rows) {
      cursor.skip(rows)
      item.skip(cursor, rows)
    },
  }
}

function tuple(items: readonly NativeType[]): NativeType {
  return {
    prefixBytes: items.reduce((sum, item) => sum + item.prefixBytes, 0),
    skip(cursor, rows) {
      for (const item of items) item.skip(cursor, rows)
    },
  }
}

/** Version (the prefix), then: flags with the index width in the low byte, keys, rows, indexes. Nothing for no rows. */
function lowCardinality(key: NativeType): NativeType {
  return {
    prefixBytes: 8,
    skip(cursor, rows) {
      if (rows === 0) return
      const width = cursor.uint64() % 256
      if (width > 3) throw new StoreError(`A LowCardinality column has indexes of an unknown width ${width}.`)
      const indexBytes = 1 << width
      key.skip(cursor, cursor.uint64())
      cursor.skip(cursor.uint64() * indexBytes)
    },
  }
}

/** Types seen so far; their texts come from our own tables and statements, so they are few. */
const known = new Map<string, NativeType>()

/**
 * The layout of a type by its name in a block's header. Throws StoreError for types without a layout of their own
 * (AggregateFunction, Variant, Dynamic, JSON): the statement has to cast them.
 */
export function nativeType(name: string): NativeType {
  const existing = known.get(name)
  if (existing !== undefined) return existing
  const type = parse(name)
  known.set(name, type)
  return type
}

function parse(name: string): NativeType {
  const open = name.indexOf('(')
  const outer = open < 0 ? name : name.slice(0, open)
  if (outer === 'String') return string
  if (fixedSizes[outer] !== undefined) return fixed(fixedSizes[outer])
  if (outer.startsWith('Interval')) return fixed(8)
  const items = open < 0 ? [''] : splitArguments(name.slice(open + 1, -1))
  switch (outer) {
    case 'FixedString':
      return fixed(Number(items[0]))
    case 'Decimal':
      return fixed(decimalBytes(Number(items[0])))
    case 'Array':
      return array(nativeType(items[0]))
    case 'Nullable':
      return nullable(nativeType(items[0]))
    case 'LowCardinality':
      // The keys of a nullable dictionary are plain: the first one stands for NULL.
      return lowCardinality(nativeType(items[0].replace(/^Nullable\((.*)\)$/s, '$1')))
    case 'Map':
      return array(tuple(items.map(nativeType)))
    case 'Tuple':
      return tuple(items.map((item) => nativeType(withoutName(item))))
    case 'Nested':
      return array(tuple(items.map((item) => nativeType(withoutName(item)))))
    case 'SimpleAggregateFunction':
      return nativeType(items[items.length - 1])
    default:
      throw new StoreError(`A column of type ${name} cannot be read block by block: cast it in the statement.`)
  }
}

const decimalBytes = (precision: number) => (precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32)

/** Splits at the commas outside brackets, quotes and backticks. */
function splitArguments(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quote = ''
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quote !== '') {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (char === "'" || char === '`') quote = char
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  parts.push(text.slice(start).trim())
  return parts
}

/** A tuple's item may carry a name: `a UInt8`, `` `b c` String ``. A type alone has no space before its bracket. */
function withoutName(item: string): string {
  if (item.startsWith('`')) {
    const end = /^`(?:[^`\\]|\\.)*` /s.exec(item)
    return end === null ? item : item.slice(end[0].length)
  }
  const space = item.indexOf(' ')
  const bracket = item.indexOf('(')
  return space > 0 && (bracket < 0 || space < bracket) ? item.slice(space + 1) : item
}
