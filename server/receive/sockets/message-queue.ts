import type { DecodeContext } from '../../decode/decode-context.ts'
import type { Batch } from '../../model/batch.ts'
import { freshRoom, type Room } from '../../model/memory.ts'
import type { Signal } from '../../model/signal.ts'
import { DecodeError, JournalFull, Overloaded } from '../../model/sink.ts'
import type { TenantId } from '../../model/tenant.ts'
import { countFailure, failureOf } from '../failure.ts'
import type { ReceiverContext } from '../receiver.ts'

/** Bytes of messages that are stored together at most; one more message may make it more. */
const maxBatchBytes = 1024 * 1024

/** Bounds on the wait before a batch is offered again that the journal refused, ms. */
const retryMs = { least: 100, most: 5_000 }

/** Times that a batch is offered which fails for a reason that nobody foresaw; then it is lost, and the log says so. */
const maxUnforeseenFailures = 5

/** How long a stop waits for the journal, ms; what is not stored by then is lost with the sockets. */
const stopWaitMs = 5_000

export interface QueueOptions<M> {
  readonly receiver: string
  readonly signal: Signal
  readonly context: ReceiverContext
  /** Messages to a batch. After a DecodeError the messages are decoded in halves, until the wrong one stands alone. */
  decode(messages: readonly M[], about: DecodeContext): Batch
  /** A message that holds several in two; null for one that holds one only. Absent: all of them do. */
  halve?(message: M): readonly M[] | null
  /** Longest time that a message waits for others, ms. */
  readonly delayMs: number
  /** Absent: nothing is held back. Only for messages that nobody waits for. */
  readonly holdBack?: HoldBack<M>
  readonly maxWaitingBytes: number
}

/** Messages that belong to others which have not come yet are kept for the next batch. */
export interface HoldBack<M> {
  /** Longest time that a message is held back, ms. */
  readonly waitMs: number
  readonly receivedMs: (message: M) => number
  /** Rows of a batch that more may belong to; null: none. A batch with another number of rows than messages is not asked for. */
  readonly rows: (batch: Batch) => Uint8Array | null
}

/**
 * Who waits for a batch: resolves with whether its senders are rid of it: all of it is durable, or counted as rejected for
 * good. false: it was not stored and might be if it were sent again. Never rejects.
 */
type Stored = Promise<boolean>

interface Portion<M> {
  readonly messages: readonly M[]
  readonly bytes: number
}

/** A batch in memory that later batches use once it is released. */
interface Decoded {
  readonly batch: Batch
  readonly room: Room
}

interface Pending<M> {
  readonly messages: M[]
  bytes: number
  readonly stored: Stored
  readonly settle: (isStored: boolean) => void
}

/**
 * Gathers small messages of one tenant into batches and makes them durable, one batch after the other. A batch is
 * offered when its first message has waited `delayMs`, or it has 1 MiB, or the queue is full; while one is on its way the next one grows.
 * A full journal or a rate limit is waited for: nothing is lost by it here, but no room becomes free.
 */
class MessageQueue<M> {
  readonly #tenant: TenantId
  readonly #options: QueueOptions<M>
  #pending: Pending<M> | null = null
  #waitingBytes = 0
  #isDue = false
  #isStoring = false
  #isStopping = false
  #cancelTimer = (): void => {}
  #roomWaiters: (() => void)[] = []
  readonly #stopping = new AbortController()

  constructor(tenant: TenantId, options: QueueOptions<M>) {
    this.#tenant = tenant
    this.#options = options
  }

  /** Whether no more should be added until `room` resolves. */
  get isFull(): boolean {
    return this.#waitingBytes >= this.#options.maxWaitingBytes
  }

  /** Whether nothing waits and nothing is on its way. */
  get isIdle(): boolean {
    return this.#waitingBytes === 0 && this.#pending === null
  }

  /** Resolves once the queue is no longer full. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve()
    return new Promise((resolve) => this.#roomWaiters.push(resolve))
  }

  /** The answer is one promise for all messages of a batch. */
  add(message: M, bytes: number): Stored {
    const pending = this.#pending ?? this.#begin()
    pending.messages.push(message)
    pending.bytes += bytes
    this.#waitingBytes += bytes
    // Nobody may add to a full queue: there is nothing to wait for.
    if (pending.bytes >= maxBatchBytes || this.isFull) this.#due()
    return pending.stored
  }

  /** Stores what waits; gives up after some seconds. */
  async stop(): Promise<void> {
    const cancel = this.#options.context.clock.after(stopWaitMs, () => this.#stopping.abort())
    this.#isStopping = true
    const stored = this.#pending?.stored
    this.#due()
    await stored
    while (this.#isStoring && !this.#stopping.signal.aborted)
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    cancel()
  }

  #begin(): Pending<M> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const pending = { messages: [], bytes: 0, stored: promise, settle: resolve }
    this.#pending = pending
    this.#isDue = false
    this.#cancelTimer = this.#options.context.clock.after(this.#options.delayMs, () => this.#due())
    return pending
  }

  #due(): void {
    this.#cancelTimer()
    this.#isDue = true
    if (!this.#isStoring) void this.#storeAll()
  }

  async #storeAll(): Promise<void> {
    this.#isStoring = true
    while (this.#pending !== null && this.#isDue) {
      const batch = this.#withoutHeld(this.#pending)
      const isStored = await this.#store(batch, batch.decoded)
      this.#waitingBytes -= batch.bytes
      batch.settle(isStored)
      this.#wake()
    }
    this.#isStoring = false
    this.#wake()
  }

  /** The batch that is stored now; what is held back begins the next. */
  #withoutHeld(batch: Pending<M>): Pending<M> & { readonly decoded: Decoded | null } {
    this.#pending = null
    const decoded = this.#mayHold ? this.#tryDecode(batch) : null
    const held = decoded === null ? null : this.#heldOf(batch, decoded.batch)
    if (held === null) return { ...batch, decoded }
    decoded?.room.release()
    const next = this.#begin()
    const bytes = Math.round((batch.bytes * held.length) / batch.messages.length)
    next.messages.push(...held)
    next.bytes += bytes
    const isHeld = new Set(held)
    const messages = batch.messages.filter((message) => !isHeld.has(message))
    return { ...batch, messages, bytes: batch.bytes - bytes, decoded: null }
  }

  get #mayHold(): boolean {
    const { holdBack } = this.#options
    return holdBack !== undefined && holdBack.waitMs !== 0 && !this.#isStopping && !this.isFull
  }

  #heldOf({ messages }: Portion<M>, decoded: Batch): readonly M[] | null {
    const { holdBack, context } = this.#options
    if (holdBack === undefined || decoded.rowCount !== messages.length) return null
    const rows = holdBack.rows(decoded)
    if (rows === null) return null
    const held = messages.filter((_, i) => rows[i] !== 0)
    const oldestMs = context.clock.nowMs() - holdBack.waitMs
    return held.some((message) => holdBack.receivedMs(message) <= oldestMs) ? null : held
  }

  /** null: what cannot be decoded is judged where it is stored. */
  #tryDecode({ messages, bytes }: Portion<M>): Decoded | null {
    try {
      return this.#decoded(messages, bytes)
    } catch (error) {
      if (error instanceof DecodeError) return null
      throw error
    }
  }

  #wake(): void {
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const resolve of waiters)
      if (this.isFull && this.#isStoring) this.#roomWaiters.push(resolve)
      else resolve()
  }

  /** `decoded`: what the messages are, where that is known already. */
  async #store({ messages, bytes }: Portion<M>, decoded: Decoded | null = null): Promise<boolean> {
    if (messages.length === 0) return true
    const { context, receiver } = this.#options
    let unforeseen = 0
    for (let known = decoded; ; known = null)
      try {
        // Decoded anew each further time: an append that failed may have filled in the batch.
        await this.#append(known ?? this.#decoded(messages, bytes))
        return true
      } catch (error) {
        if (error instanceof DecodeError) return this.#storeHalves({ messages, bytes }, error)
        const isKnown = error instanceof JournalFull || error instanceof Overloaded
        if (!isKnown) context.logger.error({ err: error, receiver }, 'messages could not be stored')
        if ((!isKnown && ++unforeseen >= maxUnforeseenFailures) || this.#stopping.signal.aborted) {
          this.#countLost(error, messages.length, bytes)
          return false
        }
        const waitMs = isKnown ? error.retryAfterMs : retryMs.most
        await this.#pause(Math.min(retryMs.most, Math.max(retryMs.least, waitMs)))
      }
  }

  async #storeHalves({ messages, bytes }: Portion<M>, error: DecodeError): Promise<boolean> {
    const { receiver, signal, context } = this.#options
    if (messages.length === 1) {
      const halves = this.#options.halve?.(messages[0]) ?? null
      if (halves !== null) return this.#storeHalves({ messages: halves, bytes }, error)
      countFailure(context.ledger, failureOf(error), { key: { tenant: this.#tenant, signal, receiver }, bytes })
      return true
    }
    const half = messages.length >> 1
    const first = await this.#store({ messages: messages.slice(0, half), bytes: bytes >> 1 })
    const second = await this.#store({ messages: messages.slice(half), bytes: bytes - (bytes >> 1) })
    return first && second
  }

  async #append({ batch, room }: Decoded): Promise<void> {
    try {
      await this.#options.context.sink.append(batch)
    } finally {
      room.release()
    }
  }

  #decoded(messages: readonly M[], bytes: number): Decoded {
    const { receiver, decode, context } = this.#options
    const room = context.inFlight?.open() ?? freshRoom
    const about = { tenant: this.#tenant, receiver, receivedBytes: bytes, memory: room.memory }
    try {
      return { batch: decode(messages, about), room }
    } catch (error) {
      room.release()
      throw error
    }
  }

  #countLost(error: unknown, messages: number, bytes: number): void {
    const { receiver, signal, context } = this.#options
    const key = { tenant: this.#tenant, signal, receiver }
    const sample = `${messages} messages were not stored: ${failureOf(error).message}`
    context.ledger.received(key, messages, bytes)
    context.ledger.rejected(key, { reason: 'overloaded', count: messages, sample })
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = this.#options.context.clock.after(ms, done)
      signal.addEventListener('abort', done)
    })
  }
}

/** The queues of one receiver, one for each tenant. */
export class MessageQueues<M> {
  readonly #options: QueueOptions<M>
  readonly #queues = new Map<TenantId, MessageQueue<M>>()

  constructor(options: QueueOptions<M>) {
    this.#options = options
  }

  of(tenant: TenantId): MessageQueue<M> {
    let queue = this.#queues.get(tenant)
    if (queue === undefined) {
      queue = new MessageQueue(tenant, this.#options)
      this.#queues.set(tenant, queue)
    }
    return queue
  }

  /** Adds a packet whose sender cannot wait; where there is no room it is counted as lost. */
  offer(tenant: TenantId, message: M, bytes: number): void {
    const queue = this.of(tenant)
    if (!queue.isFull) return void queue.add(message, bytes)
    const { receiver, signal, context, maxWaitingBytes } = this.#options
    const key = { tenant, signal, receiver }
    context.ledger.received(key, 1, bytes)
    const sample = `a packet was lost: ${maxWaitingBytes} bytes of messages wait for the journal already`
    context.ledger.rejected(key, { reason: 'overloaded', count: 1, sample })
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.stop()))
  }
}
