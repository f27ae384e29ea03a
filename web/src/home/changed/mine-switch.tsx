import { onlyStarred, useStars } from '../../services/star.tsx'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'

/** Whether Home shows what changed in the starred services alone. */
export function useIsMine(): boolean {
  return useAddress().type === onlyStarred
}

interface MineSwitchProps {
  /** Entries of all services and of the starred ones; undefined while they are not known. */
  readonly all: number | undefined
  readonly mine: number | undefined
}

/** What changed in all services, or in those that this person starred. */
export function MineSwitch({ all, mine }: MineSwitchProps) {
  const change = useChangeAddress()
  const isMine = useIsMine()
  return (
    <div className="seg small">
      <button type="button" aria-pressed={!isMine} onClick={() => change({ type: undefined })}>
        All {all}
      </button>
      <button type="button" aria-pressed={isMine} onClick={() => change({ type: onlyStarred })}>
        Mine {mine}
      </button>
    </div>
  )
}

/** Why there is nothing of the starred services. */
export function NothingOfMine() {
  const { stars } = useStars()
  if (stars.size > 0)
    return (
      <p className="story t2">Nothing changed in the {stars.size === 1 ? 'service' : 'services'} that you starred.</p>
    )
  return (
    <p className="story t2">
      You have starred no service yet. <ScreenLink to="services">Star those that are yours in Services</ScreenLink>.
    </p>
  )
}
