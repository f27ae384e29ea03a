import { expositionFormat, parseExposition } from '../../decode/exposition/exposition.ts'
import { ScrapeCache } from '../../decode/exposition/scrape-cache.ts'
import type { MetricDecodeContext } from '../../decode/metric/metric-context.ts'
import { MetricBatchBuilder } from '../../decode/metric/sample-columns.ts'
import { internLabels } from '../../decode/metric/series-resolver.ts'
import type { NativeHistogram } from '../../model/metric.ts'
import type { SeriesTable } from '../../model/series-table.ts'
import type { BatchSink, Outcome } from '../../model/sink.ts'
import type { TenantId } from '../../model/tenant.ts'
import { refused } from '../failure.ts'
import type { ReceiverContext } from '../receiver.ts'
import type { GroupingKey } from './grouping-key.ts'

/** Series held for all tenants together. Beyond: a push that would add some is refused (413). */
const maxHeldSeries = 500_000

/** How often what is held is written again, ms: as often as a Pushgateway is usually scraped, well within PromQL's 5 minutes. */
const repeatEveryMs = 60_000

/** Name of the series with the time of a group's last push, in seconds. */
const pushTimeName = 'push_time_seconds'

/** The last value of one series. */
interface Held {
  readonly name: string
  readonly value: number
  readonly histogram: NativeHistogram | null
}

interface Group {
  readonly tenant: TenantId
  readonly receiver: string
  readonly series: Map<number, Held>
}

/** One push. `isWhole` (PUT): what was pushed before is gone; else only the metrics with the same names are. */
export interface Push {
  readonly tenant: TenantId
  readonly receiver: string
  readonly receivedBytes: number
  readonly key: GroupingKey
  readonly contentType: string
  readonly body: Uint8Array
  readonly isWhole: boolean
  /** Where it goes; absent, and for all that is written again later: to the process's sink. */
  readonly sink?: BatchSink
}

/**
 * What was pushed and not deleted, group by group, written again every minute. It lives in memory, as a Pushgateway's does: a restart forgets it, and the
 * series end 5 minutes after their last sample then. Concurrent pushes to one group: the last one counts.
 */
export class PushGroups {
  readonly #context: ReceiverContext
  readonly #groups = new Map<string, Group>()
  #heldSeries = 0
  #isArmed = false

  constructor(context: ReceiverContext) {
    this.#context = context
  }

  /** Stores the pushed values with the present time, ends series that they replace, and holds them once they are stored. Throws: DecodeError, and as the sink. */
  async push(push: Push): Promise<Outcome> {
    const { tenant, receiver, receivedBytes, key } = push
    const nowMs = this.#context.clock.nowMs()
    const series = this.#context.tables.of(tenant)
    const context: MetricDecodeContext = { series, receiver, receivedBytes }
    const builder = readPush(push, context, nowMs)
    const pushed = heldBy(builder, series)
    const before = this.#groups.get(idOf(tenant, key))?.series ?? new Map<number, Held>()
    const names = new Set([...pushed.values()].map(({ name }) => name))
    const kept = new Map([...before].filter(([, { name }]) => !push.isWhole && !names.has(name)))
    const held = new Map([...kept, ...pushed])
    const added = held.size - before.size
    if (added > 0 && this.#heldSeries + added > maxHeldSeries)
      throw refused(
        'too_large',
        `${this.#heldSeries} pushed series are held, at most ${maxHeldSeries}; delete groups, or push larger ones over remote write`,
      )
    const { batch, rows } = finish(builder, { gone: [...before.keys()].filter((ref) => !held.has(ref)), nowMs })
    const outcome =
      rows === 0 && batch.decodeRejections.length === 0
        ? nothing
        : await (push.sink ?? this.#context.sink).append(batch)
    this.#replace(idOf(tenant, key), { tenant, receiver, series: held })
    return outcome
  }

  /** Ends the series of a group and forgets them. A group that is not known is a success, as for a Pushgateway. */
  async remove(at: Pick<Push, 'tenant' | 'receiver' | 'key' | 'sink'>): Promise<void> {
    const id = idOf(at.tenant, at.key)
    const group = this.#groups.get(id)
    if (group === undefined) return
    const nowMs = this.#context.clock.nowMs()
    const series = this.#context.tables.of(at.tenant)
    const builder = new MetricBatchBuilder({ series, receiver: at.receiver, receivedBytes: 0 }, group.series.size)
    const { batch } = finish(builder, { gone: [...group.series.keys()], nowMs })
    await (at.sink ?? this.#context.sink).append(batch)
    this.#replace(id, { ...group, series: new Map() })
  }

  /** As long as anything is held, it is written again. */
  #arm(): void {
    if (this.#isArmed || this.#groups.size === 0) return
    this.#isArmed = true
    const { clock, logger } = this.#context
    clock.after(repeatEveryMs, async () => {
      await this.#repeat().catch((err: unknown) => logger.warn({ err }, 'pushed metrics not written again'))
      this.#isArmed = false
      this.#arm()
    })
  }

  /** Writes all values that are held with the present time. Throws: as the sink; groups written before stay written. */
  async #repeat(): Promise<void> {
    const nowMs = this.#context.clock.nowMs()
    for (const { tenant, receiver, series } of this.#groups.values()) {
      const table = this.#context.tables.of(tenant)
      const builder = new MetricBatchBuilder({ series: table, receiver, receivedBytes: 0 }, series.size)
      for (const [ref, { value, histogram }] of series) {
        table.touch(ref)
        if (histogram === null) builder.add(ref, nowMs, value)
        else builder.addHistogram({ ...histogram, timestampMs: nowMs })
      }
      await this.#context.sink.append(builder.finish())
    }
  }

  #replace(id: string, group: Group): void {
    this.#heldSeries += group.series.size - (this.#groups.get(id)?.series.size ?? 0)
    if (group.series.size === 0) this.#groups.delete(id)
    else this.#groups.set(id, group)
    this.#arm()
  }
}

const nothing: Outcome = { acceptedRows: 0, rejections: [] }

function idOf(tenant: TenantId, key: GroupingKey): string {
  const sorted = [...key].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([tenant, sorted])
}

/** The pushed samples with the group's labels, which win over their own; times of their own are not kept. */
function readPush({ body, contentType, key }: Push, context: MetricDecodeContext, nowMs: number): MetricBatchBuilder {
  const cache = new ScrapeCache(context.series)
  cache.begin()
  const withGroup = (labels: [string, string][]): [string, string][] => [...new Map([...labels, ...key])]
  const { builder } = parseExposition(body, expositionFormat(contentType) ?? 'text', {
    context,
    cache,
    resolve: (labels) => internLabels(withGroup(labels), context),
    timestampMs: nowMs,
    honorTimestamps: false,
  })
  if (builder.sampleCount + builder.histograms.length === 0) return builder
  const pushTime = internLabels(withGroup([['__name__', pushTimeName]]), context)
  if (typeof pushTime === 'number') builder.add(pushTime, nowMs, nowMs / 1000)
  return builder
}

/** What the samples of a builder leave behind. */
function heldBy(builder: MetricBatchBuilder, series: SeriesTable): Map<number, Held> {
  const { ref, value, histograms } = builder.finish()
  const nameOf = (of: number): string => series.labels(of).find(([label]) => label === '__name__')?.[1] ?? ''
  const held = new Map<number, Held>()
  for (let i = 0; i < ref.length; i++) held.set(ref[i], { name: nameOf(ref[i]), value: value[i], histogram: null })
  for (const histogram of histograms) held.set(histogram.ref, { name: nameOf(histogram.ref), value: 0, histogram })
  return held
}

function finish(builder: MetricBatchBuilder, { gone, nowMs }: { gone: readonly number[]; nowMs: number }) {
  for (const ref of gone) builder.addStale(ref, nowMs)
  const batch = builder.finish()
  return { batch, rows: batch.rowCount }
}
