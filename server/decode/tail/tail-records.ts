import type { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { isObject, parseJson } from '../wire/json-document.ts'
import { unixNanoOf } from '../wire/time-text.ts'

/** How the lines of a file are written. `auto`: told by the first line of each portion. */
export type TailFormat = 'auto' | 'plain' | 'cri' | 'docker'

export interface TailRules {
  readonly format: TailFormat
  /** Lines that it matches begin a record, others belong to the one before; null: every line is a record. */
  readonly recordStart: { matches(line: string): boolean } | null
  /** Bytes of a record; a longer one is cut into several. */
  readonly maxRecordBytes: number
}

/** One record of a file. */
export interface TailRecord {
  readonly body: string
  /** Unix nanoseconds; 0 where the line has none. */
  readonly time: bigint
  /** `stdout`, `stderr`, or '' where the format does not say. */
  readonly stream: string
}

/** What stands in a portion of a file. */
export interface TailPortion {
  readonly records: readonly TailRecord[]
  /** Bytes from the portion's start that are done with; the next portion begins there. */
  readonly consumed: number
}

/** A line of a file as its format has it. */
interface Piece extends TailRecord {
  /** The runtime cut the line: the next one of the stream goes on with it. */
  readonly isPartial: boolean
}

const criLine = /^(\d{4}-\d\d-\d\dT\S{8,35}) (stdout|stderr) ([FP])(?::\S*)? ?/
const maxJsonDepth = 8

/**
 * Reads the records of a portion of a file that begins at the start of a record. Lines of container runtimes are taken
 * out of their frame (CRI: `TIME STREAM F|P text`; Docker: `{"log":…,"stream":…,"time":…}`), lines that the runtime cut are
 * joined, each stream by itself, then lines are joined to records by `recordStart`. A line that is not in the format that
 * is expected is a record as it is.
 * A record that may still go on is left for the next portion, unless `isLast`: so is a line without an end.
 */
export function readTailPortion(bytes: Buffer, rules: TailRules, isLast: boolean): TailPortion {
  const format = rules.format === 'auto' ? formatOf(bytes) : rules.format
  const joiner = new RecordJoiner(rules)
  let start = 0
  while (start < bytes.length) {
    const found = bytes.indexOf(0x0a, start)
    if (found < 0 && !isLast) break
    const end = found < 0 ? bytes.length : found
    const line = bytes.toString('utf8', start, end > start && bytes[end - 1] === 0x0d ? end - 1 : end)
    const next = found < 0 ? end : found + 1
    joiner.add(pieceOf(line, format), start, next)
    start = next
  }
  return joiner.finish(start, isLast)
}

function formatOf(bytes: Buffer): TailFormat {
  const head = bytes.toString('latin1', 0, 120)
  if (criLine.test(head)) return 'cri'
  return head.startsWith('{"log":') ? 'docker' : 'plain'
}

function pieceOf(line: string, format: TailFormat): Piece {
  if (format === 'cri') {
    const match = criLine.exec(line)
    const time = match === null ? null : unixNanoOf(match[1])
    if (match !== null && time !== null)
      return { body: line.slice(match[0].length), time, stream: match[2], isPartial: match[3] === 'P' }
  }
  return (format === 'docker' ? dockerPiece(line) : null) ?? { body: line, time: 0n, stream: '', isPartial: false }
}

function dockerPiece(line: string): Piece | null {
  try {
    const value = parseJson(new TextEncoder().encode(line), maxJsonDepth)
    if (!isObject(value) || typeof value.log !== 'string') return null
    const isPartial = !value.log.endsWith('\n')
    const time = typeof value.time === 'string' ? (unixNanoOf(value.time) ?? 0n) : 0n
    const stream = typeof value.stream === 'string' ? value.stream : ''
    return { body: isPartial ? value.log : value.log.replace(/\r?\n$/, ''), time, stream, isPartial }
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

interface Open {
  readonly start: number
  /** Where its last line ends. */
  end: number
  readonly time: bigint
  readonly texts: string[]
  length: number
  /** The last line was cut by the runtime. */
  isPartial: boolean
}

/** Joins lines to records, each stream by itself. */
class RecordJoiner {
  readonly #rules: TailRules
  readonly #open = new Map<string, Open>()
  readonly #records: (TailRecord & { readonly start: number; readonly end: number })[] = []

  constructor(rules: TailRules) {
    this.#rules = rules
  }

  add(piece: Piece, start: number, end: number): void {
    const { recordStart, maxRecordBytes } = this.#rules
    const { body, time, stream, isPartial } = piece
    let open = this.#open.get(stream)
    const goesOn = open?.isPartial === true || (recordStart !== null && !recordStart.matches(body))
    if (open !== undefined && (!goesOn || open.length + body.length > maxRecordBytes)) {
      this.#close(stream, open)
      open = undefined
    }
    if (open === undefined) {
      if (body === '' && !isPartial) return
      open = { start, end, time, texts: [body], length: body.length, isPartial }
      this.#open.set(stream, open)
    } else {
      if (open.isPartial) open.texts[open.texts.length - 1] += body
      else open.texts.push(body)
      open.length += body.length + 1
      open.isPartial = isPartial
      open.end = end
    }
    if (recordStart === null && !isPartial) this.#close(stream, open)
  }

  /** `end`: where the lines that were added end. */
  finish(end: number, isLast: boolean): TailPortion {
    const rest = [...this.#open]
    if (isLast) for (const [stream, open] of rest) this.#close(stream, open)
    const consumed = this.#cut(isLast ? end : Math.min(end, ...rest.map(([, { start }]) => start)))
    const records = this.#records.filter((record) => record.start < consumed)
    records.sort((a, b) => a.start - b.start)
    return { records: records.map(({ body, time, stream }) => ({ body, time, stream })), consumed }
  }

  /**
   * The last place up to `most` that no record goes across: what stands behind it is read again. Records of two streams
   * may lie in one another.
   */
  #cut(most: number): number {
    let place = most
    for (let i = this.#records.length - 1; i >= 0; i--) {
      const across = this.#records.filter(({ start, end }) => start < place && end > place)
      if (across.length === 0) break
      place = Math.min(...across.map(({ start }) => start))
    }
    return place
  }

  #close(stream: string, open: Open): void {
    this.#open.delete(stream)
    const { maxRecordBytes } = this.#rules
    const body = open.texts.join('\n')
    for (let at = 0; at < body.length || at === 0; at += maxRecordBytes)
      this.#records.push({
        start: open.start,
        end: open.end,
        body: body.slice(at, at + maxRecordBytes),
        time: open.time,
        stream,
      })
  }
}
