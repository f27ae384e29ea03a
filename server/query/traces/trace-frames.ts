import { LRUCache } from 'lru-cache'
import type { Scope } from '../../model/scope.ts'
import type { NsRange } from '../../store/read/fragment.ts'
import { skeletonOfTrace, spansWithWords, type TraceVersion, traceVersion } from '../../store/read/trace-skeleton.ts'
import { NotStored } from '../faults.ts'
import type { QueryContext } from '../query-context.ts'
import { usualDurations } from '../usual.ts'
import { buildFrame, frameTree, type TraceFrame } from './trace-frame.ts'
import { parseTraceId } from './trace-id.ts'
import { type OrderQuestion, orderOf, type TraceOrder } from './trace-order.ts'
import { sortsOf } from './trace-view.ts'

/** Spans of all kept frames together; beyond it the frame that was not asked for longest goes. About 60 MB. */
const maxKeptSpans = 500_000
/** Milliseconds for which a frame is given without a look whether spans have arrived since. */
const freshMs = 3000
/** Orders kept of one frame: what a person goes back and forth between. */
const maxOrders = 6

/** A frame with the orders and the found words that were asked of it. */
export interface KeptFrame {
  readonly frame: TraceFrame
  readonly bounds: TraceVersion
  readonly orders: LRUCache<string, TraceOrder>
  readonly found: LRUCache<string, ReadonlySet<string>>
  lookedMs: number
}

/** Traces worked out once and kept for the windows that are asked of them; one for the whole server. */
export class TraceFrames {
  readonly #context: QueryContext
  readonly #kept = new LRUCache<string, KeptFrame>({
    maxSize: maxKeptSpans,
    sizeCalculation: ({ frame }) => Math.max(frame.ids.length, 1),
  })
  readonly #underway = new Map<string, Promise<KeptFrame>>()

  constructor(context: QueryContext) {
    this.#context = context
  }

  /**
   * The frame of a trace, as of now or at most `freshMs` ago. Two who ask at the same time wait for one work, unless
   * the first goes away. Throws: BadQuestion (no trace id), NotStored, and what ColumnStore throws.
   */
  async of(scope: Scope, question: { traceId: string; path: string }): Promise<KeptFrame> {
    const traceId = parseTraceId(question.traceId, question.path)
    const key = `${scope.tenant} ${traceId}`
    const kept = this.#kept.get(key)
    if (kept !== undefined && this.#nowMs() - kept.lookedMs < freshMs) return kept
    const other = this.#underway.get(key)
    if (other !== undefined) {
      const shared = await other.catch(() => null)
      if (shared !== null) return shared
      scope.signal.throwIfAborted()
    }
    const work = this.#renew(scope, { traceId, key, kept })
    this.#underway.set(key, work)
    try {
      return await work
    } finally {
      if (this.#underway.get(key) === work) this.#underway.delete(key)
    }
  }

  /** The order for a question, kept with the frame. */
  orderOf(kept: KeptFrame, question: OrderQuestion): TraceOrder {
    const { closed, repeats, only, services } = question
    const key = JSON.stringify([closed.toSorted(), repeats, only, services.toSorted()])
    const found = kept.orders.get(key) ?? orderOf(kept.frame, question)
    kept.orders.set(key, found)
    return found
  }

  /** Whether a row has these words in its names, its id or an attribute; none has where there are no words. */
  async foundIn(scope: Scope, kept: KeptFrame, words: string): Promise<(row: number) => boolean> {
    const wanted = words.trim().toLowerCase()
    if (wanted === '') return () => false
    const { frame, bounds } = kept
    const byAttribute =
      kept.found.get(wanted) ??
      (await spansWithWords(this.#context.reader, scope, { traceId: frame.traceId, bounds, words: wanted }))
    kept.found.set(wanted, byAttribute)
    const services = frame.services.map((text) => text.toLowerCase())
    const names = frame.names.map((text) => text.toLowerCase())
    return (row) => {
      const id = frame.ids[row]
      return `${services[frame.service[row]]} ${names[frame.name[row]]} ${id}`.includes(wanted) || byAttribute.has(id)
    }
  }

  async #renew(scope: Scope, trace: { traceId: string; key: string; kept: KeptFrame | undefined }): Promise<KeptFrame> {
    const { traceId, key, kept } = trace
    const bounds = await traceVersion(this.#context.reader, scope, traceId)
    if (bounds !== null && kept?.bounds.version === bounds.version) {
      kept.lookedMs = this.#nowMs()
      return kept
    }
    const frame = bounds === null ? null : await this.#read(scope, traceId, bounds)
    if (bounds === null || frame === null)
      throw new NotStored(
        `No span of trace ${traceId} is stored. It may be older than the retention, not sampled by its sender, or not arrived yet.`,
      )
    const made: KeptFrame = {
      ...{ frame, bounds, lookedMs: this.#nowMs() },
      orders: new LRUCache({ max: maxOrders }),
      found: new LRUCache({ max: maxOrders }),
    }
    this.#kept.set(key, made)
    return made
  }

  async #read(scope: Scope, traceId: string, bounds: TraceVersion): Promise<TraceFrame | null> {
    const { spans, isTruncated } = await skeletonOfTrace(this.#context.reader, scope, { traceId, bounds })
    if (spans.length === 0) return null
    // The engine looks for what is usual while the tree is built here; its range needs no more than the index knows.
    const range: NsRange = { startNs: bounds.startNs, endNs: bounds.endNs + 1n }
    const asked = usualDurations(this.#context, scope, { sorts: sortsOf(spans), range })
    asked.catch(() => {})
    await new Promise(setImmediate)
    const finish = buildFrame({ traceId, version: bounds.version, tree: frameTree(spans), isTruncated })
    return finish(await asked)
  }

  #nowMs(): number {
    return this.#context.clock.nowMs()
  }
}
