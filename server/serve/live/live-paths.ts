import { livePaths } from '../../../contract/index.ts'
import type { Signal } from '../../model/signal.ts'

/** Signals behind a request; null where it cannot be made over the live socket. */
export function signalsBehind(path: string, body: unknown): readonly Signal[] | null {
  const found = livePaths.find(([start]) => path.startsWith(start))
  if (found === undefined) return null
  const named = typeof body === 'object' && body !== null && 'signal' in body ? body.signal : undefined
  return named === undefined ? found[1] : found[1].filter((signal) => signal === named)
}
