import type { SeriesBlock } from '../../store/read/promql/series-blocks.ts'
import type { Matcher } from '../promql/ast.ts'
import { Labels } from '../promql/labels.ts'
import { valueTest } from './matching.ts'

/** Labels for which lists of series by value are kept; the one used longest ago makes room. */
const maxIndexedLabels = 32

/** Days since 1970, both included. */
export interface DayRange {
  readonly firstDay: number
  readonly lastDay: number
}

/**
 * Series of one tenant: what they are called and where their samples lie. Numbered in order of arrival; nothing is ever
 * taken out, so numbers stay valid as long as the index lives.
 *
 * Memory: about 300 B per series of ten labels, text aside, which is shared. Not for concurrent writers.
 */
export class SeriesIndex {
  readonly labels: Labels[] = []
  /** [low, high] words by series number. */
  metricWords = new Uint32Array(2 * 1024)
  seriesWords = new Uint32Array(2 * 1024)
  targets = new Uint32Array(1024)
  /** First and last day on which the series is known to have samples. */
  firstDays = new Uint16Array(1024)
  lastDays = new Uint16Array(1024)
  /** Rises with every series that is new or has a new day. */
  version = 0
  private readonly texts = new Map<string, string>()
  private readonly byLabel = new Map<string, ValueLists>()
  /** Open addressing over seriesWords: number + 1, 0 = free. */
  private table = new Uint32Array(4096)

  get size(): number {
    return this.labels.length
  }

  /** Takes in rows of `series`; those known already only add their day. */
  add(block: SeriesBlock): void {
    const { metrics, targets, series, days, names, values } = block
    this.share(names)
    this.share(values)
    for (let row = 0; row < block.rows; row += 1) {
      const known = this.find(series[2 * row], series[2 * row + 1])
      if (known >= 0) {
        this.addDay(known, days[row])
        continue
      }
      const start = row === 0 ? 0 : names.ends[row - 1]
      const flat: string[] = []
      for (let i = start; i < names.ends[row]; i += 1)
        if (values.items[i] !== '') flat.push(names.items[i], values.items[i])
      const number = this.append(Labels.fromSorted(flat), series[2 * row], series[2 * row + 1])
      this.metricWords[2 * number] = metrics[2 * row]
      this.metricWords[2 * number + 1] = metrics[2 * row + 1]
      this.targets[number] = targets[row]
      this.firstDays[number] = days[row]
      this.lastDays[number] = days[row]
    }
  }

  /** Numbers of the series that satisfy all matchers and were seen within the days, ascending. */
  select(matchers: readonly Matcher[], days: DayRange): Uint32Array {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: valueTest(matcher) }))
    const candidates = this.candidates(matchers)
    const count = candidates === null ? this.size : candidates.length
    const found = new Uint32Array(count)
    let length = 0
    for (let i = 0; i < count; i += 1) {
      const number = candidates === null ? i : candidates[i]
      if (this.lastDays[number] < days.firstDay || this.firstDays[number] > days.lastDay) continue
      const labels = this.labels[number]
      let fits = true
      for (let m = 0; fits && m < tests.length; m += 1) fits = tests[m].test(labels.get(tests[m].name))
      if (fits) found[length++] = number
    }
    return found.slice(0, length)
  }

  /** Number of a series by its hash, or -1. */
  find(low: number, high: number): number {
    const mask = this.table.length - 1
    for (let at = (low ^ high) & mask; this.table[at] !== 0; at = (at + 1) & mask) {
      const number = this.table[at] - 1
      if (this.seriesWords[2 * number] === low && this.seriesWords[2 * number + 1] === high) return number
    }
    return -1
  }

  /** The shortest list of series that an equality leaves; null where there is none. */
  private candidates(matchers: readonly Matcher[]): readonly number[] | null {
    let shortest: readonly number[] | null = null
    for (const { name, operator, value } of matchers) {
      if (operator !== '=' || value === '') continue
      const list = this.listsOf(name).get(value) ?? []
      if (shortest === null || list.length < shortest.length) shortest = list
      if (shortest.length < 1000) break
    }
    return shortest
  }

  private listsOf(name: string): ReadonlyMap<string, readonly number[]> {
    let lists = this.byLabel.get(name)
    if (lists === undefined) {
      if (this.byLabel.size >= maxIndexedLabels) this.byLabel.delete(this.byLabel.keys().next().value as string)
      lists = { upTo: 0, byValue: new Map() }
    } else this.byLabel.delete(name)
    this.byLabel.set(name, lists)
    for (; lists.upTo < this.size; lists.upTo += 1) {
      const value = this.labels[lists.upTo].get(name)
      if (value === '') continue
      const list = lists.byValue.get(value)
      if (list === undefined) lists.byValue.set(value, [lists.upTo])
      else list.push(lists.upTo)
    }
    return lists.byValue
  }

  private addDay(number: number, day: number): void {
    if (day >= this.firstDays[number] && day <= this.lastDays[number]) return
    this.firstDays[number] = Math.min(this.firstDays[number], day)
    this.lastDays[number] = Math.max(this.lastDays[number], day)
    this.version += 1
  }

  private append(labels: Labels, low: number, high: number): number {
    const number = this.labels.length
    if (number >= this.targets.length) this.grow()
    this.labels.push(labels)
    this.seriesWords[2 * number] = low
    this.seriesWords[2 * number + 1] = high
    this.version += 1
    if (this.size * 2 > this.table.length) this.rehash()
    else this.place(number)
    return number
  }

  private grow(): void {
    const size = this.targets.length * 2
    const larger = <T extends Uint32Array | Uint16Array>(from: T, made: T): T => {
      made.set(from)
      return made
    }
    this.metricWords = larger(this.metricWords, new Uint32Array(size * 2))
    this.seriesWords = larger(this.seriesWords, new Uint32Array(size * 2))
    this.targets = larger(this.targets, new Uint32Array(size))
    this.firstDays = larger(this.firstDays, new Uint16Array(size))
    this.lastDays = larger(this.lastDays, new Uint16Array(size))
  }

  private rehash(): void {
    this.table = new Uint32Array(this.table.length * 4)
    for (let number = 0; number < this.size; number += 1) this.place(number)
  }

  private place(number: number): void {
    const mask = this.table.length - 1
    let at = (this.seriesWords[2 * number] ^ this.seriesWords[2 * number + 1]) & mask
    while (this.table[at] !== 0) at = (at + 1) & mask
    this.table[at] = number + 1
  }

  /** Puts the one string that is kept of each text into a column; most are those of the row before. */
  private share({ ends, items }: SeriesBlock['names']): void {
    for (let row = 0, i = 0, before = 0; row < ends.length; row += 1) {
      const first = i
      for (let known = before; i < ends[row]; i += 1, known += 1) {
        if (known < first && items[i] === items[known]) items[i] = items[known]
        else items[i] = this.shared(items[i])
      }
      before = first
    }
  }

  private shared(text: string): string {
    const known = this.texts.get(text)
    if (known !== undefined) return known
    this.texts.set(text, text)
    return text
  }
}

interface ValueLists {
  /** Series before this number are in. */
  upTo: number
  readonly byValue: Map<string, number[]>
}
