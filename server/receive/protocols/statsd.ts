import type { Buffer } from 'node:buffer'
import { readStatsdLine } from '../../decode/statsd/statsd-line.ts'
import { decodeStatsdNotes, type ReceivedNote } from '../../decode/statsd/statsd-notes.ts'
import { DecodeError } from '../../model/sink.ts'
import type { TenantId } from '../../model/tenant.ts'
import { countFailure, failureOf } from '../failure.ts'
import type { ReceiverContext, SocketIntake, SocketPeer, SocketReceiver, SocketSettings } from '../receiver.ts'
import { blockSession } from '../sockets/line-session.ts'
import { MessageQueues } from '../sockets/message-queue.ts'
import { batchOfWindows, type ClosedWindow, type LineRange, StatsdAggregator } from '../statsd/aggregator.ts'

const lineFeed = 0x0a
/** Bytes up to this one around a line are no part of it: blank, tab, carriage return, NUL. */
const lastBlank = 0x20

type KeepNote = (note: ReceivedNote, bytes: number) => void

/** A line whose like was not seen before. */
interface UnreadLine {
  readonly tenant: TenantId
  readonly line: LineRange
  readonly receivedMs: number
  readonly aggregator: StatsdAggregator
}

/** Bytes that a series of a closed window takes while it waits for the journal, about. */
const seriesBytes = 200

/** StatsD and DogStatsD. Source: statsd/statsd docs/metric_types.md; Datadog "DogStatsD datagram format". */
export const statsd: SocketReceiver = {
  kind: 'socket',
  name: 'statsd',
  title: 'StatsD and DogStatsD',
  summary:
    'Counters, gauges, timers, distributions and sets over UDP or TCP, with tags; events and service checks become logs.',
  signals: ['metrics', 'logs'],
  defaultPort: 8125,
  snippets: [
    { title: 'Shell', language: 'shell', template: 'echo "orders:1|c|#shop:berlin" | nc -u -w0 {{host}} {{port}}' },
    {
      title: 'Datadog client libraries',
      language: 'shell',
      template: 'export DD_AGENT_HOST={{host}} DD_DOGSTATSD_PORT={{port}}',
    },
  ],
  create: (settings, context) => new StatsdIntake(settings, context),
}

class StatsdIntake implements SocketIntake {
  readonly #settings: SocketSettings
  readonly #context: ReceiverContext
  readonly #aggregators = new Map<TenantId, StatsdAggregator>()
  readonly #windows: MessageQueues<ClosedWindow>
  readonly #notes: MessageQueues<ReceivedNote>
  #cancelTimer: () => void

  constructor(settings: SocketSettings, context: ReceiverContext) {
    this.#settings = settings
    this.#context = context
    const { sockets } = settings
    const about = { receiver: statsd.name, context, maxWaitingBytes: sockets.maxWaitingBytes }
    this.#windows = new MessageQueues<ClosedWindow>({
      ...about,
      signal: 'metrics',
      delayMs: 0,
      decode: (windows, { tenant, receiver, receivedBytes, memory }) =>
        batchOfWindows(windows, { series: context.tables.of(tenant), receiver, receivedBytes, memory }),
    })
    this.#notes = new MessageQueues<ReceivedNote>({
      ...about,
      signal: 'logs',
      delayMs: sockets.batchDelay,
      decode: decodeStatsdNotes,
    })
    this.#cancelTimer = this.#schedule()
  }

  open(peer: SocketPeer) {
    const { maxMessageBytes } = this.#settings.sockets
    return blockSession({
      ...{ receiver: statsd, context: this.#context, peer, maxMessageBytes },
      take: (blocks) => {
        const notes = this.#notes.of(peer.tenant)
        for (const block of blocks) this.#take(peer.tenant, block, (note, bytes) => void notes.add(note, bytes))
        return notes.isFull ? notes.room() : undefined
      },
    })
  }

  datagram({ tenant, bytes }: SocketPeer & { readonly bytes: Buffer }): void {
    this.#take(tenant, bytes, (note, length) => this.#notes.offer(tenant, note, length))
  }

  async stop(): Promise<void> {
    this.#cancelTimer()
    this.#closeWindows(true)
    await Promise.all([this.#windows.stop(), this.#notes.stop()])
  }

  /** Takes the lines of a packet, or of a piece of a stream. */
  #take(tenant: TenantId, bytes: Buffer, keepNote: KeepNote): void {
    const aggregator = this.#aggregatorOf(tenant)
    const receivedMs = this.#context.clock.nowMs()
    for (let start = 0; start < bytes.length; ) {
      const found = bytes.indexOf(lineFeed, start)
      const next = found < 0 ? bytes.length : found
      let end = next
      while (end > start && bytes[end - 1] <= lastBlank) end--
      while (start < end && bytes[start] <= lastBlank) start++
      const line = { bytes, start, end }
      if (start < end)
        if (aggregator.addKnown(line, receivedMs)) aggregator.received(end - start)
        else this.#readLine({ tenant, line, receivedMs, aggregator }, keepNote)
      start = next + 1
    }
  }

  #readLine({ tenant, line, receivedMs, aggregator }: UnreadLine, keepNote: KeepNote): void {
    const { ledger } = this.#context
    const key = { tenant, signal: 'metrics', receiver: statsd.name } as const
    const bytes = line.end - line.start
    try {
      const read = readStatsdLine(line.bytes.toString('utf8', line.start, line.end))
      if (read.kind !== 'metric') {
        keepNote({ note: read, receivedMs }, bytes)
        return
      }
      const reason = aggregator.add(read, receivedMs, line)
      if (reason === null) aggregator.received(bytes)
      else {
        ledger.received(key, 1, bytes)
        ledger.rejected(key, { reason, count: 1, sample: `metric ${JSON.stringify(read.name.slice(0, 100))}` })
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      countFailure(ledger, failureOf(error), { key, bytes })
    }
  }

  #aggregatorOf(tenant: TenantId): StatsdAggregator {
    let aggregator = this.#aggregators.get(tenant)
    if (aggregator === undefined) {
      const { maxSeries, expireAfter } = this.#settings.statsd
      aggregator = new StatsdAggregator({ maxSeries, expireAfterMs: expireAfter }, this.#context.clock.nowMs())
      this.#aggregators.set(tenant, aggregator)
    }
    return aggregator
  }

  #schedule(): () => void {
    const { clock } = this.#context
    const { interval } = this.#settings.statsd
    // Windows of all processes end at the same moments.
    const waitMs = interval - (clock.nowMs() % interval)
    return clock.after(waitMs, () => {
      this.#closeWindows(false)
      this.#cancelTimer = this.#schedule()
    })
  }

  /** A window stays open as long as the one before is not stored: while the journal is full values go on being added up. */
  #closeWindows(isLast: boolean): void {
    for (const [tenant, aggregator] of this.#aggregators) {
      const queue = this.#windows.of(tenant)
      if (!queue.isIdle && !isLast) continue
      const window = aggregator.close(this.#context.clock.nowMs())
      if (window !== null) void queue.add(window, Math.max(window.receivedBytes, window.series.length * seriesBytes))
    }
  }
}
