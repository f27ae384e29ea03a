import { describe, expect, it } from 'vitest'
import { ReadGate } from './read-gate.ts'
import { StoreUnavailable } from './store-errors.ts'

const never = new AbortController().signal

describe('ReadGate', () => {
  it('lets so many run, then in order of arrival', async () => {
    const gate = new ReadGate({ running: 2, waiting: 10 })
    const order: string[] = []
    const first = await gate.enter(never)
    const second = await gate.enter(never)
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      const leave = await gate.enter(never)
      order.push(name)
      return leave
    })
    expect(order).toEqual([])
    first()
    ;(await waiting[0])()
    second()
    await Promise.all(waiting)
    expect(order).toEqual(['a', 'b', 'c'])
  })
  it('refuses the one that would be too many', async () => {
    const gate = new ReadGate({ running: 1, waiting: 1 })
    const leave = await gate.enter(never)
    const waiting = gate.enter(never)
    await expect(gate.enter(never)).rejects.toThrow(StoreUnavailable)
    leave()
    ;(await waiting)()
  })
  it('an abort gives up the place in the queue', async () => {
    const gate = new ReadGate({ running: 1, waiting: 1 })
    const leave = await gate.enter(never)
    const abort = new AbortController()
    const waiting = gate.enter(abort.signal)
    abort.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    const next = gate.enter(never)
    leave()
    ;(await next)()
    ;(await gate.enter(never))()
  })
  it('an aborted one never enters', async () => {
    const gate = new ReadGate({ running: 1, waiting: 1 })
    await expect(gate.enter(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
    ;(await gate.enter(never))()
  })
})
