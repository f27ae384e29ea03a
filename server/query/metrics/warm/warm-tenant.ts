import type { TenantId } from '../../../model/tenant.ts'
import type { SeriesIndex } from '../series-index.ts'
import type { WarmGroup } from './warm-group.ts'

/** Where the samples of one tenant's series are held, by series number. */
export class WarmTenant {
  readonly id: TenantId
  readonly index: SeriesIndex
  private readonly places: (WarmGroup | undefined)[] = []
  private rows = new Uint32Array(1024)
  /** Groups by low word of their metric's hash, counted. */
  private readonly metrics = new Map<number, number>()
  private readonly all = new Set<WarmGroup>()

  constructor(id: TenantId, index: SeriesIndex) {
    this.id = id
    this.index = index
  }

  get isEmpty(): boolean {
    return this.all.size === 0
  }

  groups(): Iterable<WarmGroup> {
    return this.all
  }

  /** False: nothing of a metric with this low word of its hash is held. */
  hasMetric(low: number): boolean {
    return this.metrics.has(low)
  }

  groupAt(number: number): WarmGroup | null {
    return this.places[number] ?? null
  }

  rowAt(number: number): number {
    return this.rows[number]
  }

  /** Whether two series are of one metric and one target. */
  isOneTarget(one: number, other: number): boolean {
    const { metricWords, targets } = this.index
    return (
      targets[one] === targets[other] &&
      metricWords[2 * one] === metricWords[2 * other] &&
      metricWords[2 * one + 1] === metricWords[2 * other + 1]
    )
  }

  /** Takes a group in; those all of whose series are in others now are answered, to be dropped. */
  add(group: WarmGroup): ReadonlySet<WarmGroup> {
    const left = new Set<WarmGroup>()
    this.reserve(this.index.size)
    group.numbers.forEach((number, row) => {
      const before = this.places[number]
      if (before?.leave() === true) left.add(before)
      this.places[number] = group
      this.rows[number] = row
    })
    this.all.add(group)
    this.metrics.set(group.metricLow, (this.metrics.get(group.metricLow) ?? 0) + 1)
    return left
  }

  remove(group: WarmGroup): void {
    if (!this.all.delete(group)) return
    for (const number of group.numbers) if (this.places[number] === group) this.places[number] = undefined
    const left = (this.metrics.get(group.metricLow) ?? 1) - 1
    if (left === 0) this.metrics.delete(group.metricLow)
    else this.metrics.set(group.metricLow, left)
  }

  private reserve(size: number): void {
    if (this.rows.length < size) {
      const rows = new Uint32Array(size * 2)
      rows.set(this.rows)
      this.rows = rows
    }
    while (this.places.length < size) this.places.push(undefined)
  }
}
