import { useEffect, useState } from 'react'
import { tryAgain, useConnection } from '../state/connection.ts'
import { formatClock } from '../time/zone.ts'
import { useTime } from '../url/use-search.ts'

/** Says that the connection is lost, what is shown meanwhile, and when it is tried again. */
export function OfflineBar() {
  const { lostAtMs, retryAtMs } = useConnection()
  const { zone } = useTime()
  const seconds = useCountdown(lostAtMs === null ? 0 : retryAtMs)
  if (lostAtMs === null) return null
  return (
    <div className="offline" role="status">
      <span>
        Connection lost at {formatClock(lostAtMs, zone, true)}. Showing what was here then.{' '}
        <span aria-hidden="true">Trying again {seconds > 0 ? `in ${seconds} s` : 'now'}.</span>
      </span>
      <button type="button" className="lnk" onClick={() => void tryAgain()}>
        Now
      </button>
    </div>
  )
}

function useCountdown(untilMs: number): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    if (untilMs === 0) return
    setNowMs(Date.now())
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [untilMs])
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000))
}
