import type { SeriesTable } from '../../../model/series-table.ts'
import type { TenantId } from '../../../model/tenant.ts'

/** Groups known at most; beyond it all are forgotten and found anew. About 100 B each. */
const maxGroups = 1_000_000

interface TableGroups {
  /** By ref: group + 1; 0 = not known. */
  groups: Uint32Array
  /** By ref: the series' generation for which that holds. */
  generations: Uint32Array
}

/** A group is a (tenant, metric, target): series whose samples of one scrape become one wide row. */
export class SampleGroups {
  #byTable = new WeakMap<SeriesTable, TableGroups>()
  #numbers = new Map<string, number>()
  readonly tenant: TenantId[] = []
  readonly metricLow: number[] = []
  readonly metricHigh: number[] = []
  readonly target: number[] = []

  get count(): number {
    return this.tenant.length
  }

  /** To be called between commits only: group numbers are then no longer in use. */
  forgetIfMany(): void {
    if (this.count < maxGroups) return
    this.#byTable = new WeakMap()
    this.#numbers = new Map()
    for (const list of [this.tenant, this.metricLow, this.metricHigh, this.target]) list.length = 0
  }

  /** Writes the group of each chosen sample's series into `out`, from position `at`. */
  number(
    table: SeriesTable,
    samples: { refs: Uint32Array; indexes: Uint32Array; count: number },
    out: Uint32Array,
  ): void {
    const { groups, generations } = this.#of(table)
    const { generation } = table
    const { refs, indexes, count } = samples
    for (let i = 0; i < count; i++) {
      const ref = refs[indexes[i]]
      let group = groups[ref]
      if (group === 0 || generations[ref] !== generation[ref]) {
        group = this.#find(table, ref) + 1
        groups[ref] = group
        generations[ref] = generation[ref]
      }
      out[i] = group - 1
    }
  }

  #find(table: SeriesTable, ref: number): number {
    const low = table.metricHash[ref * 2]
    const high = table.metricHash[ref * 2 + 1]
    const target = table.target[ref]
    const key = `${table.tenant}/${high}/${low}/${target}`
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.tenant.length
      this.#numbers.set(key, number)
      this.tenant.push(table.tenant)
      this.metricLow.push(low)
      this.metricHigh.push(high)
      this.target.push(target)
    }
    return number
  }

  #of(table: SeriesTable): TableGroups {
    let found = this.#byTable.get(table)
    if (found === undefined) {
      found = { groups: new Uint32Array(0), generations: new Uint32Array(0) }
      this.#byTable.set(table, found)
    }
    if (found.groups.length < table.size) {
      const size = table.size + (table.size >>> 1)
      found.groups = grown(found.groups, size)
      found.generations = grown(found.generations, size)
    }
    return found
  }
}

function grown(column: Uint32Array, size: number): Uint32Array {
  const larger = new Uint32Array(size)
  larger.set(column)
  return larger
}
