import type { Discovery, DiscoveryContext, TargetGroup } from './discovery/mechanism.ts'
import { errorWords } from './error-words.ts'
import { repeat } from './repeat.ts'

interface Refresh {
  readonly everyMs: number
  /** What is asked, for the log. */
  readonly source: string
  /** Aborted when the next round would be due, and at the end. Throws: an Error in words; what was found last stays. */
  ask(signal: AbortSignal): Promise<readonly TargetGroup[]>
  close(): Promise<void>
}

/** A mechanism that asks for all targets again and again. */
export function refreshing({ everyMs, source, ask, close }: Refresh, { clock, logger }: DiscoveryContext): Discovery {
  const stopped = new AbortController()
  let round: { stop(): Promise<void> } | null = null
  const askInTime = async (): Promise<readonly TargetGroup[]> => {
    const late = new AbortController()
    const cancel = clock.after(everyMs, () => late.abort(new Error(`no answer within ${everyMs} ms`)))
    try {
      return await ask(AbortSignal.any([late.signal, stopped.signal]))
    } finally {
      cancel()
    }
  }
  return {
    start(update) {
      round = repeat(clock, everyMs, async () => {
        try {
          update(await askInTime())
        } catch (error) {
          if (!stopped.signal.aborted) logger.warn({ source, reason: errorWords(error) }, 'targets cannot be asked for')
        }
      })
    },
    async stop() {
      stopped.abort()
      await round?.stop()
      await close()
    },
  }
}
