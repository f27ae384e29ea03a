import type { Clock } from '../../runtime/clock.ts'

/** Runs `task` now and again `periodMs` after it has ended, until `stop`. `task` must not throw. */
export function repeat(clock: Clock, periodMs: number, task: () => Promise<void>): { stop(): Promise<void> } {
  let isStopped = false
  let cancel = (): void => {}
  const round = async (): Promise<void> => {
    await task()
    if (isStopped) return
    cancel = clock.after(periodMs, () => {
      running = round()
    })
  }
  let running = round()
  return {
    async stop() {
      isStopped = true
      cancel()
      await running
    },
  }
}
