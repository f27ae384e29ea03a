import { readFile } from 'node:fs/promises'
import type { TenantId } from '../../../model/tenant.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { type HotRows, histogramOwners, hotRows } from '../../../store/read/promql/segment-rows.ts'
import { divisorOf, integerOf } from '../../../store/read/promql/stored-value.ts'
import type { SeriesIndex } from '../series-index.ts'
import { isHoldable, WarmGroup } from './warm-group.ts'
import { WarmTenant } from './warm-tenant.ts'

/** A group that no question used for so long is dropped when samples for it come, ms. */
const idleMs = 900_000

/** Milliseconds of adding rows after which other work of the process gets its turn. */
const turnMs = 10

/** Bytes of new rows kept for questions that are reading; those that would need more hold nothing afterwards. */
const maxRecentBytes = 64 << 20

/** Share of the memory that the samples of one question may take. */
const questionShare = 0.5

const bytesPerSample = 9

/** Interval of samples by which the size of a question is judged, ms. */
const assumedIntervalMs = 15_000

/** A question that reads from the store what it wants to be held from then on. */
export interface Admission {
  readonly tenant: WarmTenant
  readonly fromMs: number
  /** Rows with a greater number may be missing in what it reads. */
  readonly sequence: number
  /** Series whose native histograms came since: they may be missing in what it reads. */
  readonly barred: Set<number>
}

/** Samples of a run of series, in order of storage, that were read from the store. */
export interface ReadRun {
  readonly numbers: Uint32Array
  samplesOf(slot: number): { readonly times: Float64Array; readonly values: Float64Array }
  /** Whether a series has native histograms as well: they are not held. */
  hasHistograms(slot: number): boolean
}

interface HeldRow {
  readonly number: number
  readonly times: Float64Array
  readonly values: Float64Array
}

/**
 * Samples of the series that questions asked for lately, so that the next question (the same a few seconds later, as a
 * rule: dashboards, rules) needs nothing from the store. What is stored meanwhile is added as the loader announces it:
 * that is complete only where no one else writes to the store.
 *
 * Order of events: a reader opens its admission first and reads then. A row is either in what it reads or is announced
 * later, or both; both are reduced to one here.
 *
 * Memory: at most `maxBytes`; the groups used longest ago make room.
 */
export class WarmSamples {
  private readonly maxBytes: number
  private readonly clock: Clock
  private readonly tenants = new Map<TenantId, WarmTenant>()
  /** In order of use. */
  private readonly groups = new Set<WarmGroup>()
  private readonly open = new Set<Admission>()
  private recent: { readonly sequence: number; readonly rows: readonly HotRows[]; readonly bytes: number }[] = []
  private recentBytes = 0
  private sequence = 0
  private held = 0
  /** Rises with every segment of native histograms. */
  private histograms = 0

  constructor(options: { maxBytes: number; clock: Clock }) {
    this.maxBytes = options.maxBytes
    this.clock = options.clock
  }

  /** To be read before a question looks at its series: `admit` tells from it whether histograms came meanwhile. */
  get histogramMark(): number {
    return this.histograms
  }

  /** Bytes held. */
  get bytes(): number {
    return this.held
  }

  /** What is held of a tenant; anew where its index is another one, since series have other numbers there. */
  of(id: TenantId, index: SeriesIndex): WarmTenant {
    let known = this.tenants.get(id)
    if (known === undefined || known.index !== index) {
      this.forget(id)
      known = new WarmTenant(id, index)
      this.tenants.set(id, known)
    }
    return known
  }

  /** Drops everything of a tenant, because its rows were erased. */
  forget(tenant: TenantId): void {
    const known = this.tenants.get(tenant)
    if (known === undefined) return
    this.tenants.delete(tenant)
    for (const group of [...known.groups()]) this.drop(group)
    for (const admission of [...this.open]) if (admission.tenant === known) this.open.delete(admission)
  }

  /** Moves groups that a question uses to the end of those that may go. */
  touch(groups: ReadonlySet<WarmGroup>, startMs: number): void {
    const nowMs = this.clock.nowMs()
    for (const group of groups) {
      group.use(nowMs, startMs)
      this.groups.delete(group)
      if (!group.isDropped) this.groups.add(group)
    }
  }

  /**
   * Begins to hold what a question is going to read; null where its samples would take too much room, or where the
   * range ends so long ago that reading on until now would more than double it, or where native histograms came since
   * its series were looked at.
   */
  admit(
    tenant: WarmTenant,
    question: { startMs: number; endMs: number; series: number; histogramMark: number },
  ): Admission | null {
    if (question.histogramMark !== this.histograms) return null
    const nowMs = this.clock.nowMs()
    const beyondMs = nowMs - question.endMs
    if (beyondMs > Math.max(idleMs, question.endMs - question.startMs)) return null
    const samples = (question.series * (question.endMs - question.startMs)) / assumedIntervalMs
    if (samples * bytesPerSample > this.maxBytes * questionShare) return null
    const admission = { tenant, fromMs: question.startMs, sequence: this.sequence, barred: new Set<number>() }
    this.open.add(admission)
    return admission
  }

  /** Holds a run of series that was read for an admission. Cost: copies the values. */
  hold(admission: Admission, run: ReadRun): void {
    if (!this.open.has(admission)) return
    const { tenant } = admission
    const added = new Set<WarmGroup>()
    let rows: HeldRow[] = []
    const finish = () => {
      if (rows.length > 0) added.add(this.groupOf(admission, rows))
      rows = []
    }
    for (let slot = 0; slot < run.numbers.length; slot += 1) {
      const samples = run.samplesOf(slot)
      const number = run.numbers[slot]
      if (admission.barred.has(number) || run.hasHistograms(slot) || !isHoldable(samples.values)) continue
      const [first] = rows
      if (first !== undefined && !(tenant.isOneTarget(first.number, number) && areEqual(first.times, samples.times)))
        finish()
      rows.push({ number, ...samples })
    }
    finish()
    for (const { sequence, rows: blocks } of this.recent)
      if (sequence > admission.sequence) for (const block of blocks) this.apply(tenant, block, added)
    this.makeRoom()
  }

  private groupOf({ tenant, fromMs }: Admission, rows: readonly HeldRow[]): WarmGroup {
    const nowMs = this.clock.nowMs()
    const numbers = Uint32Array.from(rows, ({ number }) => number)
    const group = new WarmGroup({
      numbers,
      metricLow: tenant.index.metricWords[2 * numbers[0]],
      fromMs,
      reachMs: nowMs - fromMs,
      usedMs: nowMs,
      times: rows[0].times,
    })
    rows.forEach(({ values }, row) => {
      group.fill(row, values)
    })
    for (const left of tenant.add(group)) this.drop(left)
    group.owner = tenant
    this.groups.add(group)
    this.held += group.bytes
    return group
  }

  /** The question that opened it has ended, well or not. */
  close(admission: Admission): void {
    this.open.delete(admission)
    const oldest = Math.min(...[...this.open].map(({ sequence }) => sequence))
    this.recent = this.recent.filter(({ sequence }) => sequence > oldest)
    this.recentBytes = this.recent.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** To be told of each segment that was stored, while its file is still there. Where that fails, nothing is held any more, and it throws. */
  async stored(segment: { readonly table: string; readonly path: string }): Promise<void> {
    if (segment.table === 'histograms') this.histograms += 1
    if (this.groups.size === 0 && this.open.size === 0) return
    if (segment.table !== 'samples_hot' && segment.table !== 'histograms') return
    try {
      const bytes = await readFile(segment.path)
      if (segment.table === 'histograms') this.dropHistograms(bytes)
      else await this.add(bytes)
    } catch (error) {
      for (const group of [...this.groups]) this.drop(group)
      this.open.clear()
      throw error
    }
  }

  private async add(bytes: Uint8Array): Promise<void> {
    const rows = [...hotRows(bytes)]
    this.sequence += 1
    if (this.open.size > 0) {
      this.recent.push({ sequence: this.sequence, rows, bytes: bytes.length })
      this.recentBytes += bytes.length
      if (this.recentBytes > maxRecentBytes) {
        this.open.clear()
        this.recent = []
        this.recentBytes = 0
      }
    }
    let turn = performance.now()
    for (const block of rows) {
      for (const tenant of this.tenants.values()) this.apply(tenant, block, null)
      if (performance.now() - turn < turnMs) continue
      await new Promise(setImmediate)
      turn = performance.now()
    }
    this.makeRoom()
  }

  /** Adds the rows of a block to the groups of a tenant, or to some of them only. */
  private apply(tenant: WarmTenant, block: HotRows, only: ReadonlySet<WarmGroup> | null): void {
    if (tenant.isEmpty) return
    const nowMs = this.clock.nowMs()
    const { tenants, metrics, times, series } = block
    for (let row = 0; row < block.rows; row += 1) {
      if (tenants[row] !== tenant.id || !tenant.hasMetric(metrics[2 * row])) continue
      const timeMs = integerOf(times[2 * row], times[2 * row + 1])
      for (let i = row === 0 ? 0 : series.ends[row - 1]; i < series.ends[row]; i += 1)
        this.addSample(tenant, block, { i, timeMs, only, nowMs })
    }
  }

  private addSample(
    tenant: WarmTenant,
    { bytes, series, values, exponents }: HotRows,
    { i, timeMs, only, nowMs }: { i: number; timeMs: number; only: ReadonlySet<WarmGroup> | null; nowMs: number },
  ): void {
    const at = series.items + 8 * i
    const number = tenant.index.find(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4))
    const group = number < 0 ? null : tenant.groupAt(number)
    if (group === null || (only !== null && !only.has(group))) return
    let low = bytes.readUInt32LE(values + 8 * i)
    let high = bytes.readUInt32LE(values + 8 * i + 4)
    const divisor = divisorOf(exponents[i])
    if (divisor !== 0) {
      scratch[0] = integerOf(low, high) / divisor
      low = scratchWords[0]
      high = scratchWords[1]
    }
    const before = group.bytes
    const isLate = group.append(tenant.rowAt(number), timeMs, low, high) === 'late'
    this.held += group.bytes - before
    if (isLate || nowMs - group.usedMs > idleMs) this.drop(group)
  }

  private dropHistograms(bytes: Uint8Array): void {
    const known: ReadonlyMap<number, WarmTenant> = this.tenants
    for (const { tenants, series } of histogramOwners(bytes))
      for (let row = 0; row < tenants.length; row += 1) {
        const tenant = known.get(tenants[row])
        const place = tenant?.index.find(series[2 * row], series[2 * row + 1]) ?? -1
        const group = place < 0 ? null : (tenant?.groupAt(place) ?? null)
        if (group !== null) this.drop(group)
        for (const admission of this.open) if (admission.tenant === tenant) admission.barred.add(place)
      }
  }

  private makeRoom(): void {
    for (const group of this.groups) {
      if (this.held <= this.maxBytes) return
      this.drop(group)
    }
  }

  private drop(group: WarmGroup): void {
    if (group.isDropped) return
    group.isDropped = true
    this.held -= group.bytes
    this.groups.delete(group)
    group.owner?.remove(group)
  }
}

const scratch = new Float64Array(1)
const scratchWords = new Uint32Array(scratch.buffer)

function areEqual(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}
