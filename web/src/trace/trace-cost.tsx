import type { Asked } from '../api/use-answer.ts'
import { CostNote, useLongerThan } from '../parts/panel.tsx'
import { costOfAll } from '../parts/panel-state.ts'

/** What an answer took, and how to end the next one. */
export type Spent = Pick<Asked<unknown>, 'cost' | 'isAsking' | 'stop'>

/** Milliseconds from which on a request is slow and may be ended. */
const slowMs = 2000

/** What the answers of the shown view took together; while one takes long, Stop. */
export function TraceCost({ asked }: { asked: readonly Spent[] }) {
  const isSlow = useLongerThan(
    asked.some(({ isAsking }) => isAsking),
    slowMs,
  )
  const cost = costOfAll(asked)
  if (isSlow)
    return (
      <span className="cost row" role="status">
        still reading
        <button
          type="button"
          className="lnk"
          onClick={() => {
            for (const { isAsking, stop } of asked) if (isAsking) stop()
          }}
        >
          Stop
        </button>
      </span>
    )
  return cost === undefined ? null : <CostNote cost={cost} />
}
