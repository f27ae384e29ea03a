import { create } from 'zustand'

/** Whether the server can be reached; lost since a moment, tried again at another. */
interface Connection {
  readonly lostAtMs: number | null
  readonly retryAtMs: number
}

const firstRetryMs = 1000
const longestRetryMs = 15_000

export const useConnection = create<Connection>(() => ({ lostAtMs: null, retryAtMs: 0 }))

let waitMs = firstRetryMs
let timer: ReturnType<typeof setTimeout> | undefined
const mended = new Set<() => void>()

/** Called after the connection is back, e.g. to ask again for what is shown. */
export function onMended(listener: () => void): void {
  mended.add(listener)
}

/** A request did not reach the server. Starts to try again with growing waits. */
export function markLost(): void {
  if (useConnection.getState().lostAtMs !== null) return
  waitMs = firstRetryMs
  useConnection.setState({ lostAtMs: Date.now() })
  waitAndTry()
}

/** A request reached the server. */
export function markReached(): void {
  if (useConnection.getState().lostAtMs === null) return
  clearTimeout(timer)
  useConnection.setState({ lostAtMs: null })
  for (const listener of mended) listener()
}

/** Asks the server whether it lives, now. */
export async function tryAgain(): Promise<void> {
  clearTimeout(timer)
  try {
    const { ok } = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    if (ok) return markReached()
  } catch {
    // Still away: waits longer.
  }
  waitMs = Math.min(waitMs * 2, longestRetryMs)
  waitAndTry()
}

function waitAndTry(): void {
  useConnection.setState({ retryAtMs: Date.now() + waitMs })
  timer = setTimeout(() => void tryAgain(), waitMs)
}
