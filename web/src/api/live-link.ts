import { type LiveAnswer, type LiveMove, livePath, livePaths, type ReadCost } from '../../../contract/index.ts'
import { markReached, useConnection } from '../state/connection.ts'
import { moveTo, refreshNow } from '../state/view-store.ts'

/** An answer of the server, whichever way it came. */
export interface Received {
  readonly status: number
  readonly text: string
  readonly retryAfterS: number | null
  readonly read?: ReadCost
}

export interface LiveQuestion {
  readonly path: string
  readonly tenant: string
  readonly body?: unknown
  readonly form?: Readonly<Record<string, string>> | undefined
  readonly method?: 'DELETE'
  readonly follow?: string | undefined
  readonly signal: AbortSignal
}

/** Milliseconds before a lost socket is opened again; doubles up to the second. */
const firstWaitMs = 1000
const longestWaitMs = 30_000
/** Milliseconds between two moves while there is no socket; doubles up to the second while nothing answers at all. */
const firstPollMs = 5000
const longestPollMs = 60_000

interface Waiting {
  readonly resolve: (received: Received | null) => void
}

/**
 * The one socket of a live page. What is shown is asked and answered over it; the server says when rows have become
 * readable, and the moment of the page moves to then. While there is no socket, answers come by HTTP, and the moment
 * moves by itself, less and less often.
 */
class LiveLink {
  #tenant: string | null = null
  #socket: WebSocket | null = null
  #lastId = 0
  #failures = 0
  #nextTry: ReturnType<typeof setTimeout> | undefined
  #nextPoll: ReturnType<typeof setTimeout> | undefined
  #hasMissed = false
  readonly #waiting = new Map<number, Waiting>()
  readonly #followed = new Map<string, number>()

  /** Goes live for a tenant; called again for another one. */
  open(tenant: string): void {
    this.close()
    this.#tenant = tenant
    document.addEventListener('visibilitychange', this.#onVisible)
    this.#connect()
  }

  close(): void {
    this.#tenant = null
    document.removeEventListener('visibilitychange', this.#onVisible)
    const socket = this.#socket
    this.#drop()
    socket?.close()
    this.#stopTrying()
  }

  /** Null: over HTTP, please. Rejects with the reason of the signal. */
  ask(question: LiveQuestion): Promise<Received | null> {
    const { path, tenant, body, form, method, follow, signal } = question
    const socket = this.#socket
    const isToBeHad = method === undefined && livePaths.some(([start]) => path.startsWith(start))
    if (!isToBeHad || tenant !== this.#tenant || socket?.readyState !== WebSocket.OPEN) return Promise.resolve(null)
    signal.throwIfAborted()
    this.#lastId += 1
    const id = this.#lastId
    if (follow !== undefined) {
      this.unfollow(follow)
      this.#followed.set(follow, id)
    }
    const shape = form === undefined ? { body } : { form: new URLSearchParams(form).toString() }
    socket.send(JSON.stringify({ ask: id, path, ...shape }))
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(id)
        this.#end(id)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.set(id, {
        resolve: (received) => {
          signal.removeEventListener('abort', onAbort)
          if (follow === undefined) this.#end(id)
          resolve(received)
        },
      })
    })
  }

  /** What was asked under this name is not shown any more. */
  unfollow(name: string): void {
    const id = this.#followed.get(name)
    if (id === undefined) return
    this.#followed.delete(name)
    this.#end(id)
  }

  #end(id: number): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ end: id }))
  }

  #connect(): void {
    if (this.#tenant === null) return
    const url = new URL(livePath, location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    if (this.#tenant !== 'default') url.searchParams.set('tenant', this.#tenant)
    const socket = new WebSocket(url)
    this.#socket = socket
    socket.onopen = () => {
      this.#stopTrying()
      markReached()
      refreshNow()
    }
    socket.onmessage = ({ data }) => this.#take(String(data))
    socket.onclose = () => {
      if (this.#socket !== socket) return
      this.#drop()
      const waitMs = Math.min(firstWaitMs * 2 ** this.#failures, longestWaitMs)
      this.#failures += 1
      this.#nextTry = setTimeout(() => this.#connect(), waitMs)
      if (this.#nextPoll === undefined) this.#poll(firstPollMs)
    }
  }

  #poll(afterMs: number): void {
    this.#nextPoll = setTimeout(() => {
      // While the server cannot be reached the connection itself looks for it, and all is asked anew after that.
      const isLost = useConnection.getState().lostAtMs !== null
      if (!isLost && document.visibilityState === 'visible') refreshNow()
      this.#poll(isLost ? Math.min(afterMs * 2, longestPollMs) : firstPollMs)
    }, afterMs)
  }

  #stopTrying(): void {
    clearTimeout(this.#nextTry)
    clearTimeout(this.#nextPoll)
    this.#nextPoll = undefined
    this.#failures = 0
  }

  #take(message: string): void {
    const end = message.indexOf('\n')
    const head = JSON.parse(end < 0 ? message : message.slice(0, end)) as LiveAnswer | LiveMove
    if ('moved' in head) {
      this.#hasMissed = document.visibilityState !== 'visible'
      if (!this.#hasMissed) moveTo(head.moved)
      return
    }
    const { answer, status, cost, retry_after: retryAfter } = head
    const waiting = this.#waiting.get(answer)
    this.#waiting.delete(answer)
    const read = cost === undefined ? {} : { read: cost }
    waiting?.resolve({ status, text: message.slice(end + 1), retryAfterS: retryAfter ?? null, ...read })
  }

  /** What waits for an answer asks by HTTP instead. */
  #drop(): void {
    this.#socket = null
    this.#followed.clear()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { resolve } of waiting) resolve(null)
  }

  readonly #onVisible = () => {
    if (document.visibilityState !== 'visible' || !this.#hasMissed) return
    this.#hasMissed = false
    refreshNow()
  }
}

export const liveLink = new LiveLink()

/** Asks over the live socket; null where there is none, or the request cannot be made over it. */
export function askLive(question: LiveQuestion): Promise<Received | null> {
  return liveLink.ask(question)
}
