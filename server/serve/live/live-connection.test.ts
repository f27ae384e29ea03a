import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LiveAnswer, type LiveMove, liveBounds } from '../../../contract/index.ts'
import { HandClock } from '../../store/load/hand-clock-suite.ts'
import { type Ask, type Dispatched, LiveConnection } from './live-connection.ts'

/** A connection whose answers are given by hand. */
function connect() {
  const clock = new HandClock(1_000_000)
  const sent: (LiveAnswer | LiveMove)[] = []
  const asked: { ask: Ask; signal: AbortSignal; answer: (body?: string) => Promise<void> }[] = []
  const closed: number[] = []
  let waiting = 0
  const connection = new LiveConnection({
    clock,
    send: (message) => sent.push(JSON.parse(message.split('\n')[0]) as LiveAnswer | LiveMove),
    waitingBytes: () => waiting,
    close: (code) => closed.push(code),
    dispatch: (ask, signal) => {
      const { promise, resolve } = Promise.withResolvers<Dispatched>()
      const answer = async (body = '{}') => {
        resolve({ head: { status: 200 }, body })
        await promise
        await Promise.resolve()
      }
      asked.push({ ask, signal, answer })
      return promise
    },
  })
  const ask = (id: number, path = '/api/changes') => connection.take(JSON.stringify({ ask: id, path, body: {} }))
  const moves = () => sent.filter((message) => 'moved' in message).length
  return { clock, sent, asked, closed, connection, ask, moves, wait: (bytes: number) => (waiting = bytes) }
}

describe('a live connection', () => {
  it('moves at once, then at a pace, and once for all that came in between', async () => {
    const { clock, asked, connection, ask, moves } = connect()
    ask(1)
    await asked[0].answer()
    connection.changed('traces')
    expect(moves()).toBe(1)
    for (let at = 0; at < 20; at += 1) connection.changed('traces')
    expect(moves()).toBe(1)
    clock.advance(499)
    expect(moves()).toBe(1)
    clock.advance(1)
    expect(moves()).toBe(2)
    clock.advance(10_000)
    expect(moves()).toBe(2)
  })

  it('does not move a page that is still being answered, and moves a costly one less often', async () => {
    const { clock, asked, connection, ask, moves } = connect()
    ask(1)
    connection.changed('traces')
    clock.advance(5000)
    expect(moves()).toBe(0)
    await asked[0].answer()
    expect(moves()).toBe(1)
    ask(2)
    clock.advance(1000)
    connection.changed('traces')
    await asked[1].answer()
    clock.advance(999)
    expect(moves()).toBe(1)
    clock.advance(1)
    expect(moves()).toBe(2)
  })

  it('moves for signals that are shown only', async () => {
    const { asked, connection, ask, moves } = connect()
    ask(1)
    await asked[0].answer()
    connection.changed('metrics')
    expect(moves()).toBe(0)
    connection.take('{"end":1}')
    connection.changed('traces')
    expect(moves()).toBe(0)
  })

  it('does not move a page that takes its answers slowly, and lets one go that takes none', async () => {
    const { clock, asked, connection, ask, moves, closed, wait } = connect()
    ask(1)
    await asked[0].answer()
    wait(2 * 1024 * 1024)
    connection.changed('traces')
    clock.advance(1000)
    expect(moves()).toBe(0)
    wait(0)
    clock.advance(250)
    expect(moves()).toBe(1)
    wait(100 * 1024 * 1024)
    ask(2)
    await asked[1].answer()
    expect(closed).toEqual([1013])
  })

  it('works on six at once, ends what is ended, and never starts what was ended while it waited', async () => {
    const { asked, connection, ask, sent } = connect()
    for (let id = 0; id < 8; id += 1) ask(id)
    expect(asked).toHaveLength(6)
    connection.take('{"end":7}')
    connection.take('{"end":0}')
    expect(asked[0].signal.aborted).toBe(true)
    await asked[0].answer()
    expect(sent).toEqual([])
    expect(asked.map(({ ask: { ask: id } }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6])
    connection.close()
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true)
  })

  it('refuses what is not to be had here, and more than it may hold', () => {
    const { ask, sent, asked } = connect()
    ask(1, '/api/keys')
    expect(sent).toEqual([{ answer: 1, status: 404 }])
    for (let id = 2; id < liveBounds.requests + 3; id += 1) ask(id)
    expect(sent[1]).toEqual({ answer: liveBounds.requests + 2, status: 429 })
    expect(asked).toHaveLength(6)
  })

  it('closes on what it cannot read, and throws at nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (message) => {
        const { connection, closed, asked } = connect()
        connection.take(message)
        expect(closed.length + asked.length).toBeLessThanOrEqual(1)
      }),
      { seed: 7 },
    )
    const { connection, closed } = connect()
    connection.take('{"ask":-1,"path":"/api/query"}')
    expect(closed).toEqual([1008])
  })
})
