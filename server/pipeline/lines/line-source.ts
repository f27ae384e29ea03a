import { LRUCache } from 'lru-cache'
import type { Line } from './line.ts'
import type { LineFields } from './line-fields.ts'
import type { LineFormat } from './line-format.ts'

/** Lines of a source on which all formats are tried, to learn which it writes. */
const linesToLearn = 16

/** Formats remembered per source: many containers write application and access lines to one stream. */
const maxFormats = 3

/** After so many lines what was learned is checked by learning again; the span doubles each time up to the last. */
const checkSpan = { first: 256, last: 65_536 }

/** The same for sources whose lines have no known form: until then their lines cost nothing. */
const plainSpan = { first: 32, last: 4_096 }

/** Learned again when misses outweigh hits so far; times four where that brought nothing new. */
const missLimit = { first: 8, last: 2_048 }

/** What a miss weighs against a hit: a third of all lines may be of no known form (stack traces, banners). */
const missWeight = 2

/** Sources remembered; beyond it the one not seen for longest is forgotten and learned anew. About 200 bytes each. */
const maxSources = 10_000

/** What is known of one source of lines: the formats it writes. A line is tried with these only; see `recognise`. */
export class LineSource {
  readonly #all: readonly LineFormat[]
  #formats: readonly LineFormat[] = []
  /** While learning: lines that each format has won, times its certainty. */
  #scores: Map<LineFormat, number> | null = new Map()
  #learned = 0
  #untilCheck = 0
  #span = 0
  #misses = 0
  #missLimit = missLimit.first

  constructor(formats: readonly LineFormat[]) {
    this.#all = formats
  }

  /** Names of the formats learned, the surest first; empty while learning and for lines of no known form. */
  get formatNames(): readonly string[] {
    return this.#formats.map(({ name }) => name)
  }

  /**
   * Reads the line with a format of its source into `fields`; false, and nothing in `fields`, where none fits.
   *
   * The first lines are tried with all formats, then with those only that won one. Learned anew: when too many lines
   * fit none of them, and from time to time in any case, as a loose format may have hidden a better one.
   */
  recognise(line: Line, fields: LineFields): boolean {
    if (this.#scores !== null) return this.#learn(line, fields, this.#scores)
    if (--this.#untilCheck <= 0) this.#startLearning()
    const formats = this.#formats
    for (let i = 0; i < formats.length; i++)
      if (attempt(formats[i], line, fields)) {
        if (this.#misses > 0) this.#misses--
        return true
      }
    if (formats.length > 0) this.#countMiss()
    return false
  }

  #countMiss(): void {
    this.#misses += missWeight
    if (this.#misses < this.#missLimit) return
    this.#missLimit = Math.min(this.#missLimit * 4, missLimit.last)
    this.#startLearning()
  }

  #startLearning(): void {
    this.#scores = new Map()
    this.#learned = 0
    this.#misses = 0
  }

  #learn(line: Line, fields: LineFields, scores: Map<LineFormat, number>): boolean {
    let best: LineFormat | null = null
    for (const format of this.#all)
      if ((best === null || format.certainty > best.certainty) && attempt(format, line, fields)) best = format
    // The best may have been read before another that failed: `fields` holds what the last one put there.
    const isRead = best !== null && attempt(best, line, fields)
    if (best !== null) scores.set(best, (scores.get(best) ?? 0) + best.certainty)
    if (++this.#learned >= linesToLearn) this.#decide(scores)
    return isRead
  }

  #decide(scores: Map<LineFormat, number>): void {
    const formats = [...scores]
      .sort(([, a], [, b]) => b - a)
      .slice(0, maxFormats)
      .map(([format]) => format)
      .sort((a, b) => b.certainty - a.certainty)
    const isSame = formats.length === this.#formats.length && formats.every((format) => this.#formats.includes(format))
    const { first, last } = formats.length > 0 ? checkSpan : plainSpan
    if (!isSame) this.#missLimit = missLimit.first
    this.#span = isSame && this.#span > 0 ? Math.min(this.#span * 2, last) : first
    this.#untilCheck = this.#span
    this.#formats = formats
    this.#scores = null
  }
}

function attempt(format: LineFormat, line: Line, fields: LineFields): boolean {
  line.rewind()
  fields.begin()
  if (format.parse(line, fields)) return true
  line.rewind()
  fields.begin()
  return false
}

/** Sources by a number made of tenant, receiver, resource, scope and file; two of one number share what is learned. */
export function createLineSources(formats: readonly LineFormat[]): (key: number) => LineSource {
  const sources = new LRUCache<number, LineSource>({ max: maxSources })
  return (key) => {
    let source = sources.get(key)
    if (source === undefined) {
      source = new LineSource(formats)
      sources.set(key, source)
    }
    return source
  }
}
