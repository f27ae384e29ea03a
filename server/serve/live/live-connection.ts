import {
  type ErrorCode,
  type LiveAnswer,
  type LiveMove,
  type LiveRequest,
  liveBounds,
  liveRequestSchema,
} from '../../../contract/index.ts'
import type { Signal } from '../../model/signal.ts'
import type { Clock } from '../../runtime/clock.ts'
import { signalsBehind } from './live-paths.ts'

/** An answer as HTTP would have carried it. */
export interface Dispatched {
  readonly head: Omit<LiveAnswer, 'answer'>
  readonly body: string
}

/** What a connection needs of its socket and of the server around it. */
export interface ConnectionParts {
  readonly clock: Clock
  readonly send: (message: string) => void
  /** Bytes that wait to be sent. */
  readonly waitingBytes: () => number
  readonly close: (code: number, reason: string) => void
  /** Runs a request through the routes of the HTTP server. Aborting it ends the work behind it. Never throws. */
  readonly dispatch: (ask: Ask, signal: AbortSignal) => Promise<Dispatched>
}

export type Ask = Extract<LiveRequest, { ask: number }>

/** Requests of one socket that are worked on at once, as many as browsers have connections; the others wait. */
const workingAtOnce = 6
/** Milliseconds between two moves, at least … */
const leastPaceMs = 500
/** … and so many times what the answers to the last move took: a costly page leaves the store to others. */
const paceOfRound = 2
/** … but no more than so many. */
const longestPaceMs = 15_000
/** Bytes that wait to be sent, from which on a slow page is not told to ask again … */
const slowBytes = 1024 * 1024
/** … and beyond which it is let go: it polls instead. */
const mostWaitingBytes = 64 * 1024 * 1024
/** Milliseconds after which a slow page is looked at again. */
const lookAgainMs = 250

/** A code of the WebSocket protocol (RFC 6455, 7.4.1): try again later. */
const tryAgainLater = 1013
const policyViolation = 1008

interface Open {
  readonly ask: Ask
  readonly signals: readonly Signal[]
  readonly ended: AbortController
  isAnswered: boolean
}

/**
 * The requests of one socket. A request is answered once and then followed: when rows of its signals become readable
 * the page is told to move, and asks anew for what it shows by then. It is told when all its answers have been sent,
 * and what comes meanwhile is told as one: a slow page gets the newest answer and never a queue of old ones.
 */
export class LiveConnection {
  readonly #parts: ConnectionParts
  readonly #open = new Map<number, Open>()
  readonly #waiting: Open[] = []
  #working = 0
  #changed = new Set<Signal>()
  /** Unix ms of the last move, until it has been answered. */
  #roundFromMs: number | null = null
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #cancelMove: (() => void) | null = null

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  /** A text message of the page. */
  take(message: string): void {
    const read = liveRequestSchema.safeParse(parsed(message))
    if (!read.success) {
      const { path, message: fault } = read.error.issues[0]
      this.#parts.close(policyViolation, `${path.join('.')}: ${fault}`.slice(0, 120))
      return
    }
    if ('end' in read.data) this.#end(read.data.end)
    else this.#ask(read.data)
  }

  /** Rows of the signal have become readable. */
  changed(signal: Signal): void {
    for (const { signals } of this.#open.values())
      if (signals.includes(signal)) {
        this.#changed.add(signal)
        this.#moveWhenDue()
        return
      }
  }

  /** The socket is gone: all work for it ends. */
  close(): void {
    this.#cancelMove?.()
    for (const { ended } of this.#open.values()) ended.abort()
    this.#open.clear()
    this.#waiting.length = 0
  }

  #ask(ask: Ask): void {
    this.#end(ask.ask)
    const signals = signalsBehind(ask.path, ask.body)
    if (signals === null) {
      this.#refuse(ask.ask, {
        status: 404,
        code: 'not_found',
        message: `${ask.path} is not to be had over this socket`,
      })
      return
    }
    if (this.#open.size >= liveBounds.requests) {
      const message = `one socket has at most ${liveBounds.requests} requests`
      this.#refuse(ask.ask, { status: 429, code: 'too_many_requests', message })
      return
    }
    const open = { ask, signals, ended: new AbortController(), isAnswered: false }
    this.#open.set(ask.ask, open)
    this.#waiting.push(open)
    this.#work()
  }

  #end(id: number): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    open.ended.abort()
    const at = this.#waiting.indexOf(open)
    if (at >= 0) this.#waiting.splice(at, 1)
    if (!open.isAnswered) this.#afterAnswer()
  }

  #work(): void {
    while (this.#working < workingAtOnce) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#working += 1
      void this.#parts.dispatch(next.ask, next.ended.signal).then((dispatched) => {
        this.#working -= 1
        this.#answer(next, dispatched)
        this.#work()
      })
    }
  }

  #answer(open: Open, { head, body }: Dispatched): void {
    if (this.#open.get(open.ask.ask) !== open) return
    open.isAnswered = true
    this.#send({ answer: open.ask.ask, ...head }, body)
    this.#afterAnswer()
  }

  /** The last answer to a move says how much the page costs, and lets go of the next move that waited for it. */
  #afterAnswer(): void {
    if (this.#isAnswering()) return
    if (this.#roundFromMs !== null) {
      const roundMs = this.#parts.clock.nowMs() - this.#roundFromMs
      this.#notBeforeMs = this.#roundFromMs + Math.min(Math.max(leastPaceMs, roundMs * paceOfRound), longestPaceMs)
      this.#roundFromMs = null
    }
    this.#moveWhenDue()
  }

  #isAnswering(): boolean {
    for (const { isAnswered } of this.#open.values()) if (!isAnswered) return true
    return false
  }

  #moveWhenDue(): void {
    if (this.#changed.size === 0 || this.#cancelMove !== null || this.#isAnswering()) return
    const { clock, waitingBytes } = this.#parts
    const isSlow = waitingBytes() > slowBytes
    const waitMs = isSlow ? lookAgainMs : this.#notBeforeMs - clock.nowMs()
    if (waitMs <= 0) {
      this.#move()
      return
    }
    this.#cancelMove = clock.after(waitMs, () => {
      this.#cancelMove = null
      this.#moveWhenDue()
    })
  }

  #move(): void {
    const nowMs = this.#parts.clock.nowMs()
    this.#changed = new Set()
    this.#roundFromMs = nowMs
    this.#notBeforeMs = nowMs + leastPaceMs
    this.#send({ moved: nowMs })
  }

  #refuse(answer: number, { status, ...error }: { status: number; code: ErrorCode; message: string }): void {
    this.#send({ answer, status }, JSON.stringify({ error }))
  }

  #send(head: LiveAnswer | LiveMove, body?: string): void {
    if (this.#parts.waitingBytes() > mostWaitingBytes) {
      this.#parts.close(tryAgainLater, 'the page takes its answers too slowly')
      return
    }
    this.#parts.send(body === undefined ? JSON.stringify(head) : `${JSON.stringify(head)}\n${body}`)
  }
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
