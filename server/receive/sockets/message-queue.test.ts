import { Buffer } from 'node:buffer'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeNdjsonLogs } from '../../decode/ndjson-logs.ts'
import type { Batch, LogBatch } from '../../model/batch.ts'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import { DecodeError, JournalFull, Overloaded } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { ManualClock } from '../manual-clock-suite.ts'
import { RecordingSink } from '../recording-sink-suite.ts'
import { MessageQueues } from './message-queue.ts'

const delayMs = 50

async function open(holdBack?: { waitMs: number; rows: (batch: Batch) => Uint8Array | null }) {
  const clock = new ManualClock(1_700_000_000_000)
  const sink = new RecordingSink()
  const ledger = createLedger(clock)
  const context = { sink, ledger, clock, tables: await createSeriesTables(), logger: silentLogger() }
  const queues = new MessageQueues<string>({
    receiver: 'test',
    signal: 'logs',
    context,
    decode(messages, about) {
      if (messages.includes('poison')) throw new DecodeError('poison', 'message 0')
      return decodeNdjsonLogs(Buffer.from(messages.join('\n')), about)
    },
    delayMs,
    maxWaitingBytes: 2_000_000,
    ...(holdBack === undefined ? {} : { holdBack: { ...holdBack, receivedMs: (text) => Number(text.split(' ')[1]) } }),
  })
  return { clock, sink, ledger, queues, queue: queues.of(defaultTenant) }
}

/** Lets promises that are settled run on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('MessageQueues', () => {
  let bench: Awaited<ReturnType<typeof open>>
  beforeEach(async () => {
    bench = await open()
  })

  describe('that holds back what is not whole', () => {
    const bodies = (batch: Batch) => logRowsOf(batch as LogBatch).map(({ body }) => body)
    /** Lines that begin with `+` may go on. */
    const rows = (batch: Batch): Uint8Array | null => {
      const marks = bodies(batch).map((body) => (body.startsWith('+') ? 1 : 0))
      return marks.includes(1) ? Uint8Array.from(marks) : null
    }
    const stored = () => bench.sink.batches.map(bodies)
    const add = (mark: string) => bench.queue.add(`${mark} ${bench.clock.nowMs()}`, 10)
    const pass = async (ms: number) => {
      bench.clock.advance(ms)
      await settle()
    }

    beforeEach(async () => {
      bench = await open({ waitMs: 120, rows })
    })

    it('stores it with what comes next', async () => {
      const [first, second] = [add('a'), add('+b')]
      await pass(delayMs)
      expect(stored()).toEqual([['a 1700000000000']])
      add('c')
      await pass(delayMs)
      await pass(delayMs)
      expect(stored()[1]).toEqual(['c 1700000000050'])
      await pass(delayMs)
      expect(stored()[2]).toEqual(['+b 1700000000000'])
      expect(await Promise.all([first, second])).toEqual([true, true])
      await pass(10_000)
      expect(bench.clock.waiting).toEqual([])
      expect(bench.queue.isIdle).toBe(true)
    })

    it('stores what it has decoded to look at, where there is none', async () => {
      const seen: Batch[] = []
      bench = await open({
        waitMs: 120,
        rows(batch) {
          seen.push(batch)
          return rows(batch)
        },
      })
      add('a')
      await pass(delayMs)
      expect(seen).toHaveLength(1)
      expect(bench.sink.batches[0]).toBe(seen[0])
    })

    it('no longer than it may, and not beyond a stop', async () => {
      add('+a')
      await pass(delayMs)
      await pass(delayMs)
      expect(stored()).toEqual([])
      await pass(delayMs)
      expect(stored()).toEqual([['+a 1700000000000']])
      add('+b')
      await bench.queues.stop()
      expect(stored()[1]).toEqual(['+b 1700000000150'])
    })
  })

  it('stores messages together once the first has waited', async () => {
    const { queue, sink, clock } = bench
    const stored = [queue.add('a', 1), queue.add('b', 1)]
    clock.advance(delayMs - 1)
    await settle()
    expect(sink.batches).toHaveLength(0)
    clock.advance(1)
    expect(await Promise.all(stored)).toEqual([true, true])
    expect(sink.batches).toMatchObject([{ rowCount: 2, receivedBytes: 2, receiver: 'test', tenant: defaultTenant }])
    expect(clock.waiting).toEqual([])
  })

  it('stores at once what has 1 MiB, and gathers the next while one is on its way', async () => {
    const { queue, sink } = bench
    let open = (): void => {}
    sink.gate = new Promise((resolve) => {
      open = resolve
    })
    const first = queue.add('a', 1024 * 1024)
    const second = queue.add('b', 1)
    const third = queue.add('c', 1)
    await settle()
    expect(sink.batches).toHaveLength(1)
    open()
    expect(await first).toBe(true)
    bench.clock.advance(delayMs)
    expect(await Promise.all([second, third])).toEqual([true, true])
    expect(sink.batches.map(({ rowCount }) => rowCount)).toEqual([1, 2])
  })

  it.each([new JournalFull('disk full', 700), new Overloaded('busy', 700)])(
    'waits as it is told: %s',
    async (failure) => {
      const { queue, sink, clock } = bench
      sink.failure = failure
      const stored = queue.add('a', 1)
      for (let i = 0; i < 20; i++) {
        clock.advance(i === 0 ? delayMs : 700)
        await settle()
        expect(clock.waiting).toEqual([700])
      }
      sink.failure = null
      clock.advance(700)
      expect(await stored).toBe(true)
      expect(bench.ledger.entries()).toEqual([])
    },
  )

  it('is full at the bound, and has room once a batch is stored', async () => {
    const { queue, queues, sink, clock, ledger } = bench
    sink.failure = new JournalFull('disk full', 100)
    void queue.add('a', 1_999_999)
    expect(queue.isFull).toBe(false)
    queues.offer(defaultTenant, 'b', 1)
    expect(queue.isFull).toBe(true)
    let hasRoom = false
    const room = queue.room().then(() => {
      hasRoom = true
    })
    queues.offer(defaultTenant, 'lost', 9)
    await settle()
    expect(clock.waiting).toEqual([100])
    expect(hasRoom).toBe(false)
    expect(ledger.entries()).toMatchObject([
      { receivedRows: 1, receivedBytes: 9, rejectedRows: 1, rejections: [{ reason: 'overloaded', count: 1 }] },
    ])
    sink.failure = null
    clock.advance(100)
    await room
    await queue.stop()
    expect(sink.rows).toBe(2)
  })

  it('counts as malformed what cannot be decoded, and keeps its neighbours', async () => {
    const { queue, sink, clock, ledger } = bench
    const stored = ['a', 'b', 'poison', 'c', 'd'].map((message) => queue.add(message, 2))
    clock.advance(delayMs)
    expect(await Promise.all(stored)).toEqual([true, true, true, true, true])
    expect(sink.rows).toBe(4)
    expect(sink.batches.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)).toBeLessThanOrEqual(10)
    expect(ledger.entries()).toMatchObject([{ rejections: [{ reason: 'malformed', count: 1 }] }])
  })

  it('gives up on a batch that fails again and again for a reason nobody foresaw', async () => {
    const { queue, sink, clock, ledger } = bench
    sink.failure = new Error('a defect')
    const stored = [queue.add('a', 1), queue.add('b', 1)]
    for (let i = 0; i < 6; i++) {
      clock.advance(5_000)
      await settle()
    }
    expect(await Promise.all(stored)).toEqual([false, false])
    expect(ledger.entries()).toMatchObject([{ receivedRows: 2, rejections: [{ reason: 'overloaded', count: 2 }] }])
  })

  it('stores what waits when it stops, and does not wait for ever for a full journal', async () => {
    const { queue, sink, clock, ledger } = bench
    void queue.add('a', 1)
    await queue.stop()
    expect(sink.rows).toBe(1)
    sink.failure = new JournalFull('disk full', 700)
    const stored = queue.add('b', 1)
    const stopped = queue.stop()
    for (let i = 0; i < 10; i++) {
      await settle()
      clock.advance(1_000)
    }
    await stopped
    expect(await stored).toBe(false)
    expect(ledger.entries()).toMatchObject([{ rejections: [{ reason: 'overloaded', count: 1 }] }])
  })
})
